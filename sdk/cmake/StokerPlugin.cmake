# SPDX-License-Identifier: Apache-2.0
# stoker_add_plugin(<name> SOURCES <file>... [PARTS <file>...] [LIBRARIES <target>...] [MANIFEST plugin.json])
#
# Builds the shared library <name>.so of a plugin. The library exports one symbol, stoker_plugin_entry, and contains the
# manifest as a note. The function reads id and version from the manifest and compiles them into the library, so the two
# cannot differ. The file name of the library has no meaning to the host.
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
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})

  add_library(${name} MODULE ${PLUGIN_SOURCES})
  get_filename_component(folder ${manifest} DIRECTORY)
  target_include_directories(${name} PRIVATE ${folder})
  set(options -fvisibility=hidden -Wa,-I${folder}
    $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_compile_options(${name} PRIVATE ${options})
  target_compile_definitions(${name} PRIVATE STOKER_PLUGIN_ID="${id}" STOKER_PLUGIN_VERSION="${version}")
  target_link_libraries(${name} PRIVATE Stoker::sdk ${PLUGIN_LIBRARIES})
  if(PLUGIN_PARTS)
    add_library(${name}-parts OBJECT ${PLUGIN_PARTS})
    target_include_directories(${name}-parts PUBLIC ${folder})
    target_compile_options(${name}-parts PRIVATE ${options})
    target_link_libraries(${name}-parts PUBLIC Stoker::sdk ${PLUGIN_LIBRARIES})
    set_target_properties(${name}-parts PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${name} PRIVATE ${name}-parts)
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${STOKER_PLUGIN_VERSION_SCRIPT} -Wl,--exclude-libs,ALL)
  if(NOT CMAKE_CXX_FLAGS MATCHES "fsanitize" AND NOT STOKER_SANITIZE) # the executable provides a sanitizer's runtime
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${name} PROPERTIES PREFIX "" POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS "${STOKER_PLUGIN_VERSION_SCRIPT};${manifest}")
  set_source_files_properties(${PLUGIN_SOURCES} PROPERTIES OBJECT_DEPENDS ${manifest})
endfunction()
