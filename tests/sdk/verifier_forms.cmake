# Compiles one form of a verifier. It has to compile (SAYS is empty), or to fail with a message that matches SAYS.
file(READ ${INCLUDE}/stoker/abi/core.h core)
string(REGEX MATCH "STOKER_ABI_MAJOR ([0-9]+)" found "${core}")
set(abi ${CMAKE_MATCH_1})
string(REGEX MATCH "STOKER_ABI_MINOR ([0-9]+)" found "${core}")
string(APPEND abi .${CMAKE_MATCH_1})
set(kinds stoker.verifier/1)
if(FORM STREQUAL OTHER_KIND)
  set(kinds stoker.trigger/1)
elseif(FORM STREQUAL OTHER_ABI)
  set(abi 7.0)
endif()
execute_process(
  COMMAND ${CXX} -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -I${INCLUDE} -D${FORM}
    -DSTOKER_PLUGIN_ID=\"verifier\" -DSTOKER_PLUGIN_VERSION=\"1\" -DSTOKER_PLUGIN_KINDS=\"${kinds}\"
    -DSTOKER_PLUGIN_ABI=\"${abi}\" ${SOURCE}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if("${SAYS}" STREQUAL "")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "it does not compile:\n${output}")
  endif()
elseif(result EQUAL 0)
  message(FATAL_ERROR "it compiles; expected: ${SAYS}")
elseif(NOT output MATCHES "${SAYS}")
  message(FATAL_ERROR "expected: ${SAYS}; the compiler said:\n${output}")
endif()
