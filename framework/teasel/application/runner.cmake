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

# The parts.
teasel_test(runner_test LIBRARIES Teasel::application LABELS unit
  SOURCES "${_runner}/run_test.cpp" "${_runner}/detail/config_file_test.cpp" "${_runner}/detail/log_output_test.cpp" "${_runner}/detail/log_text_test.cpp"
  "${_runner}/detail/options_test.cpp")

# The class Launch in a world.
teasel_test(runner_launch_test SOURCES "${_runner}/launch_test.cpp" LIBRARIES Teasel::application Teasel::fakes LABELS unit)

# Whole programs.
if(TEASEL_BUILD_TESTS)
  add_executable(runner_test_program "${_runner}/test/runner_test_program.cpp")
  target_link_libraries(runner_test_program PRIVATE Teasel::application teasel_flags)
  teasel_test(runner_program_test SOURCES "${_runner}/run_program_test.cpp" LIBRARIES Teasel::application LABELS unit)
  target_compile_definitions(runner_program_test PRIVATE TEASEL_EXAMPLES_DIR="$<TARGET_FILE_DIR:runner_test_program>")
  add_dependencies(runner_program_test runner_test_program)
endif()
