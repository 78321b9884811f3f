# teasel_add_property_test(name
#   SOURCES file.cpp ...      sources with TEASEL_SCENARIO(...), RC_GTEST_PROP(...) or TEST(...) in them
#   [LIBRARIES target ...]    CMake targets that the sources need besides Teasel, defined before this call
#   [CORPUS dir]              a folder of inputs, at least one; Plays are taken from them
#   [CASES n]                 cases that RapidCheck makes for each scenario, default 1000; max_success in RC_PARAMS overrides it
#   [LABELS label ...])       CTest labels besides `props`
#
# Makes a program that checks each of its scenarios with RapidCheck and runs its other tests. CTest knows each test by its
# name; the test of a scenario is RapidCheck.<scenario>. `name replay FILE` replays the tape of a failure.
#
#   teasel_add_property_test(shouting_props SOURCES shouting_scenarios.cpp LIBRARIES shouting)
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/TeaselScenarios.cmake")

function(teasel_add_property_test name)
  set(call teasel_add_property_test)
  set(signature "name SOURCES file.cpp ... [LIBRARIES target ...] [CORPUS dir] [CASES n] [LABELS label ...]")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS;CASES" "SOURCES;LIBRARIES;LABELS")
  _teasel_scenarios_check_call(${name})
  if(NOT TARGET Teasel::rapidcheck_main)
    string(CONCAT why "there is no target Teasel::rapidcheck_main here; find_package(teasel) brings it with COMPONENTS "
      "props_rapidcheck, a Teasel that is part of this tree with TEASEL_RAPIDCHECK=ON, where GoogleTest is")
    _teasel_scenarios_refuse(${name} "${why}")
  endif()
  if(NOT DEFINED arg_CASES)
    set(arg_CASES 1000)
  endif()
  _teasel_scenarios_check_lists(${name} SOURCES ${arg_SOURCES} LIBRARIES ${arg_LIBRARIES} LABELS ${arg_LABELS})
  _teasel_scenarios_check_values(${name} "${arg_CORPUS}" "" CASES=${arg_CASES})

  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} Teasel::rapidcheck_main)
  if(PROJECT_NAME STREQUAL "teasel")
    target_link_libraries(${name} PRIVATE teasel_flags)
  endif()
  set(arguments "--params=max_success=${arg_CASES}")
  if(arg_CORPUS)
    get_filename_component(corpus "${arg_CORPUS}" ABSOLUTE)
    list(APPEND arguments "--corpus=${corpus}")
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} EXTRA_ARGS ${arguments} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 120
    PROPERTIES LABELS "props;${arg_LABELS}" TIMEOUT 300)
endfunction()
