# SPDX-License-Identifier: Apache-2.0
# stoker_add_plugin(<name> SOURCES <file>... [PARTS <file>...] [LIBRARIES <target>...] [MANIFEST plugin.json])
#
# Builds the shared library <name>.so of a plugin. The library exports one symbol, stoker_plugin_entry, and contains the
# manifest as a note. The function reads id and version from the manifest and compiles them into the library, so the two
# cannot differ. A C++ plugin does not compile when `kinds` or `abi` of the manifest do not fit its classes or the SDK.
# The file name of the library has no meaning to the host.
# PARTS are compiled once, into the object library <name>-parts. A unit test of the parts links that library.
set(STOKER_PLUGIN_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/plugin.version)

function(stoker_add_plugin name)
  cmake_parse_arguments(PLUGIN "" "MANIFEST" "SOURCES;PARTS;LIBRARIES" ${ARGN})
  if(NOT PLUGIN_MANIFEST)
    set(PLUGIN_MANIFEST plugin.json)
  endif()
  get_filename_component(manifest ${PLUGIN_MANIFEST} ABSOLUTE)
  file(READ ${manifest} text)
  string(JSON id GET "${text}" id)
  string(JSON version GET "${text}" version)
  string(JSON abi_major GET "${text}" abi major)
  string(JSON abi_minor GET "${text}" abi minor)
  string(JSON kinds_count LENGTH "${text}" kinds)
  set(kinds "")
  foreach(i RANGE 1 ${kinds_count})
    math(EXPR index "${i} - 1")
    string(JSON kind GET "${text}" kinds ${index})
    list(APPEND kinds ${kind})
  endforeach()
  list(JOIN kinds " " kinds)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})

  add_library(${name} MODULE ${PLUGIN_SOURCES})
  get_filename_component(folder ${manifest} DIRECTORY)
  target_include_directories(${name} PRIVATE ${folder})
  set(options -fvisibility=hidden
    $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_compile_options(${name} PRIVATE ${options})
  target_compile_definitions(${name} PRIVATE STOKER_PLUGIN_ID="${id}" STOKER_PLUGIN_VERSION="${version}"
    STOKER_PLUGIN_KINDS="${kinds}" STOKER_PLUGIN_ABI="${abi_major}.${abi_minor}" STOKER_MANIFEST_FOLDER="${folder}/")
  target_link_libraries(${name} PRIVATE Stoker::sdk ${PLUGIN_LIBRARIES})
  if(PLUGIN_PARTS)
    add_library(${name}-parts OBJECT ${PLUGIN_PARTS})
    target_include_directories(${name}-parts PUBLIC ${folder})
    target_compile_options(${name}-parts PRIVATE ${options})
    target_link_libraries(${name}-parts PUBLIC Stoker::sdk ${PLUGIN_LIBRARIES})
    set_target_properties(${name}-parts PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${name} PRIVATE ${name}-parts)
  endif()
  # -Xlinker: with -Wl a comma in the path would end the option
  target_link_options(${name} PRIVATE "SHELL:-Xlinker \"--version-script=${STOKER_PLUGIN_VERSION_SCRIPT}\""
    -Wl,--exclude-libs,ALL)
  if(NOT CMAKE_CXX_FLAGS MATCHES "fsanitize" AND NOT STOKER_SANITIZE) # the executable provides a sanitizer's runtime
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${name} PROPERTIES PREFIX "" POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS "${STOKER_PLUGIN_VERSION_SCRIPT};${manifest}")
  set_source_files_properties(${PLUGIN_SOURCES} PROPERTIES OBJECT_DEPENDS ${manifest})
  set_target_properties(${name} PROPERTIES STOKER_MANIFEST ${manifest})
endfunction()

# stoker_add_plugin_test(<name> PLUGIN <plugin> SOURCES <file>... [LIBRARIES <target>...])
#
# Builds the program <name>, a unit test of a plugin that stoker_add_plugin made in this folder or before, and gives it to
# ctest. It is linked with Stoker::testing, with the plugin's parts if it has some, and with LIBRARIES, such as
# GTest::gtest_main. STOKER_PLUGIN_MANIFEST is the place of the plugin's manifest, for testing::FakeManifest.
function(stoker_add_plugin_test name)
  cmake_parse_arguments(TEST "" "PLUGIN" "SOURCES;LIBRARIES" ${ARGN})
  get_target_property(manifest ${TEST_PLUGIN} STOKER_MANIFEST)
  add_executable(${name} ${TEST_SOURCES})
  target_compile_definitions(${name} PRIVATE STOKER_PLUGIN_MANIFEST="${manifest}")
  target_link_libraries(${name} PRIVATE Stoker::testing ${TEST_LIBRARIES})
  if(TARGET ${TEST_PLUGIN}-parts)
    target_link_libraries(${name} PRIVATE ${TEST_PLUGIN}-parts)
  endif()
  add_test(NAME ${name} COMMAND ${name})
endfunction()
