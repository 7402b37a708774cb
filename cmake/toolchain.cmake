# Warnings, sanitizers and the faster linker and compiler cache where they are installed.
option(STOKER_WERROR "Treat warnings as errors" OFF)
set(STOKER_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

add_library(stoker_warnings INTERFACE)
target_compile_options(stoker_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
if(STOKER_WERROR)
  target_compile_options(stoker_warnings INTERFACE -Werror)
endif()
# gcc 12 takes the text in an empty std::optional for uninitialized memory where it optimises (false)
target_compile_options(stoker_warnings INTERFACE
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-maybe-uninitialized>)
link_libraries(stoker_warnings)

# For what holds coroutines of Asio's: gcc 12 inlines its operator new for their frames but not the delete beside it, and
# then takes the two for a mismatch (only where it optimises; clang and gcc -O0 say nothing)
add_library(stoker_coroutines INTERFACE)
target_compile_options(stoker_coroutines INTERFACE
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-mismatched-new-delete>)

if(STOKER_SANITIZE)
  # -fsanitize=function cannot be assembled with coroutines by clang 14; gcc 12 warns of fences that tsan does not see (Asio's)
  add_compile_options(-fsanitize=${STOKER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND STOKER_SANITIZE STREQUAL "thread")
    add_compile_options(-Wno-tsan "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/tsan_gcc.hpp>")
  endif()
  add_link_options(-fsanitize=${STOKER_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
