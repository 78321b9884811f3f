# What the world is played with: decisions, plays, their written forms, and the program around scenarios.
# Included by fakes/CMakeLists.txt, whose targets these files join.
set(TEASEL_FAKES_CHOICES_HEADERS
  choices.hpp corpus.hpp odometer.hpp play.hpp play_codec.hpp tape.hpp chunk_plan.hpp shrink.hpp replay.hpp report.hpp scenario_args.hpp
  scenario_main.hpp serve.hpp serve_worker.hpp watchdog.hpp watchdog_symbols.hpp)
set(TEASEL_FAKES_CHOICES_SOURCES
  choices.cpp corpus.cpp odometer.cpp play.cpp play_codec.cpp tape.cpp chunk_plan.cpp shrink.cpp replay.cpp report.cpp scenario_args.cpp
  scenario_main.cpp serve.cpp serve_worker.cpp watchdog.cpp watchdog_symbols.cpp)
set(TEASEL_FAKES_CHOICES_TESTS
  choices_test.cpp odometer_test.cpp play_test.cpp play_codec_test.cpp tape_test.cpp chunk_plan_test.cpp shrink_test.cpp)

# Teasel::scenario_main: the main of a program of scenarios. Its functions keep their names in the program, so that a
# stack says which callback hangs.
add_library(teasel_scenario_main STATIC "${CMAKE_CURRENT_LIST_DIR}/scenario_program.cpp")
add_library(Teasel::scenario_main ALIAS teasel_scenario_main)
set_target_properties(teasel_scenario_main PROPERTIES EXPORT_NAME scenario_main)
target_link_libraries(teasel_scenario_main PUBLIC teasel_fakes PRIVATE $<BUILD_INTERFACE:teasel_flags>)
target_link_options(teasel_scenario_main INTERFACE -rdynamic)

if(TEASEL_BUILD_TESTS)
  add_executable(scenario_main_demo "${CMAKE_CURRENT_LIST_DIR}/scenario_main_demo.cpp")
  target_link_libraries(scenario_main_demo PRIVATE teasel_scenario_main teasel_fakes teasel_flags)
  teasel_test(scenario_main_test SOURCES "${CMAKE_CURRENT_LIST_DIR}/scenario_main_test.cpp" "${CMAKE_CURRENT_LIST_DIR}/serve_test.cpp"
              "${CMAKE_CURRENT_LIST_DIR}/report_test.cpp" LIBRARIES teasel_fakes LABELS unit)
  target_compile_definitions(scenario_main_test PRIVATE "SCENARIO_MAIN_DEMO=\"$<TARGET_FILE:scenario_main_demo>\"")
  add_dependencies(scenario_main_test scenario_main_demo)
endif()
