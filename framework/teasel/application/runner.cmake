# Teasel::application: a program around a service. It is a library of its own because it is built with CLI11 and toml11. Both are
# used in its sources only, so neither its users nor an installed Teasel need them.
if(NOT TEASEL_APPLICATION MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "TEASEL_APPLICATION is '${TEASEL_APPLICATION}': AUTO, ON or OFF")
endif()
if(NOT TEASEL_APPLICATION)
  return()
endif()
include(TeaselApplicationParts)
teasel_find_application_parts(found)
if(NOT found)
  return()
endif()

set(_runner "${CMAKE_CURRENT_LIST_DIR}")
add_library(teasel_application STATIC
  "${_runner}/launch.cpp" "${_runner}/run.cpp" "${_runner}/detail/command_line.cpp" "${_runner}/detail/config_file.cpp"
  "${_runner}/detail/log_output.cpp" "${_runner}/detail/log_text.cpp" "${_runner}/detail/program.cpp")
add_library(Teasel::application ALIAS teasel_application)
set_target_properties(teasel_application PROPERTIES EXPORT_NAME application)
target_link_libraries(teasel_application PUBLIC teasel_framework PRIVATE $<BUILD_INTERFACE:teasel_flags>)
# As system headers: what they would warn about is not ours.
foreach(part CLI11::CLI11 toml11::toml11)
  target_include_directories(teasel_application SYSTEM PRIVATE $<BUILD_INTERFACE:$<TARGET_PROPERTY:${part},INTERFACE_INCLUDE_DIRECTORIES>>)
endforeach()
set_source_files_properties("${_runner}/detail/command_line.cpp" PROPERTIES COMPILE_DEFINITIONS "TEASEL_VERSION=\"${PROJECT_VERSION}\"")
target_sources(teasel_application PUBLIC FILE_SET HEADERS BASE_DIRS "${CMAKE_CURRENT_SOURCE_DIR}" FILES "${_runner}/run.hpp")
teasel_component(application TARGETS teasel_application NEEDS framework)
