# teasel_component(name TARGETS target ... [NEEDS component ...] [PACKAGES package ...])
# Defines the component that find_package(teasel COMPONENTS name) brings: these targets, after the components and packages that
# they need. The room that makes the targets calls this, so the package knows which components were not built.
#
# teasel_install_package() installs the package's own files, and Teasel's source. It is called after all rooms.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(_teasel_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/teasel")

function(teasel_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "TARGETS;NEEDS;PACKAGES")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_TARGETS)
    message(FATAL_ERROR
      "teasel_component(${name} TARGETS ... [NEEDS ...] [PACKAGES ...]): cannot read '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT TEASEL_INSTALL)
    return()
  endif()
  get_property(built GLOBAL PROPERTY TEASEL_COMPONENTS)
  set(needs "")
  foreach(needed IN LISTS arg_NEEDS)
    if(NOT needed IN_LIST built)
      message(FATAL_ERROR "teasel_component(${name} NEEDS ${needed}): there is no such component yet; there are: ${built}")
    endif()
    get_property(further GLOBAL PROPERTY TEASEL_COMPONENT_${needed})
    list(APPEND needs ${further} ${needed})
  endforeach()
  list(REMOVE_DUPLICATES needs)
  set_property(GLOBAL PROPERTY TEASEL_COMPONENT_${name} ${needs})
  set_property(GLOBAL APPEND PROPERTY TEASEL_COMPONENTS ${name})
  set_property(GLOBAL APPEND_STRING PROPERTY TEASEL_COMPONENT_LINES
    "set(_teasel_needs_${name} ${needs})\nset(_teasel_packages_${name} ${arg_PACKAGES})\n")

  foreach(target IN LISTS arg_TARGETS)
    get_target_property(sets ${target} INTERFACE_HEADER_SETS)
    set(headers "")
    foreach(set IN LISTS sets)
      list(APPEND headers FILE_SET ${set})
    endforeach()
    # Object libraries need a destination. Other kinds of targets have a default one.
    install(TARGETS ${target} EXPORT teasel-${name} COMPONENT teasel
      OBJECTS DESTINATION "${CMAKE_INSTALL_LIBDIR}/teasel" COMPONENT teasel ${headers})
  endforeach()
  install(EXPORT teasel-${name} NAMESPACE Teasel:: FILE teasel-${name}-targets.cmake
    DESTINATION "${_teasel_package_dir}" COMPONENT teasel)
endfunction()

function(teasel_install_package)
  if(NOT TEASEL_INSTALL)
    return()
  endif()
  get_property(components GLOBAL PROPERTY TEASEL_COMPONENTS)
  get_property(component_lines GLOBAL PROPERTY TEASEL_COMPONENT_LINES)
  get_target_property(io_uring teasel_framework TEASEL_IO_URING)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/teasel-config.cmake.in" "${PROJECT_BINARY_DIR}/cmake/teasel-config.cmake" @ONLY)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/teasel-config-version.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/cmake/teasel-config.cmake" "${PROJECT_BINARY_DIR}/cmake/teasel-config-version.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/TeaselBenchmarks.cmake" "${PROJECT_SOURCE_DIR}/cmake/TeaselManifest.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/TeaselProperties.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/TeaselScenarios.cmake" DESTINATION "${_teasel_package_dir}" COMPONENT teasel)
  _teasel_install_source("${CMAKE_INSTALL_DATADIR}/teasel/source")
endfunction()

# The source, without tests and examples: campaigns compile Teasel in the project's own tree, and `teasel init` names this folder.
function(_teasel_install_source place)
  install(FILES "${PROJECT_SOURCE_DIR}/CMakeLists.txt" "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${place}" COMPONENT teasel)
  foreach(room framework fakes props cmake bench/load bench/own bench/scenario bench/teasel fuzz/teasel fuzz/cli)
    get_filename_component(above "${room}" DIRECTORY)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/${room}" DESTINATION "${place}/${above}" COMPONENT teasel
      PATTERN "*_test.*" EXCLUDE PATTERN "examples" EXCLUDE PATTERN "consumer" EXCLUDE PATTERN "__pycache__" EXCLUDE)
  endforeach()
  # What the load generator shares with servers that are not installed, and the program that makes a page of a report.
  install(FILES "${PROJECT_SOURCE_DIR}/bench/raw/sockets.hpp" DESTINATION "${place}/bench/raw" COMPONENT teasel)
  install(FILES "${PROJECT_SOURCE_DIR}/bench/servers/kind.hpp" "${PROJECT_SOURCE_DIR}/bench/servers/serve.hpp"
    "${PROJECT_SOURCE_DIR}/bench/servers/service.hpp" DESTINATION "${place}/bench/servers" COMPONENT teasel)
  install(FILES "${PROJECT_SOURCE_DIR}/bench/against.py" "${PROJECT_SOURCE_DIR}/bench/peers.py" "${PROJECT_SOURCE_DIR}/bench/peers_page.py"
    DESTINATION "${place}/bench" COMPONENT teasel)
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/template/parcels_test.cpp" DESTINATION "${place}/cmake/template" COMPONENT teasel)
  file(GLOB parts "${PROJECT_SOURCE_DIR}/fuzz/CMakeLists.txt" "${PROJECT_SOURCE_DIR}/fuzz/*.cmake")
  install(FILES ${parts} DESTINATION "${place}/fuzz" COMPONENT teasel)
endfunction()
