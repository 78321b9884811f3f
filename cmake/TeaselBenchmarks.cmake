# teasel_add_benchmark(name
#   SOURCES file.cpp ...      sources with TEASEL_BENCHMARK(...) in them
#   [LIBRARIES target ...]    CMake targets that the sources need besides Teasel, defined before this call
#   [LABELS label ...])       CTest labels besides `bench`
#
# Makes the program `name`, which measures these servers on the real drivers (select, poll, epoll, io_uring) and compares them, and
# the CTest test `benchmarks.<name>`. The test makes one short round (`name --smoke`): it shows that every server answers as it
# should on every driver, and judges no figure. In a libFuzzer tree there is nothing to measure, so nothing is made.
#
#   teasel_add_benchmark(shouting_bench SOURCES shouting_bench.cpp LIBRARIES shouting)
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/TeaselScenarios.cmake")

function(teasel_add_benchmark name)
  set(call teasel_add_benchmark)
  set(signature "name SOURCES file.cpp ... [LIBRARIES target ...] [LABELS label ...]")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LABELS")
  _teasel_scenarios_check_call(${name})
  _teasel_scenarios_check_lists(${name} SOURCES ${arg_SOURCES} LIBRARIES ${arg_LIBRARIES} LABELS ${arg_LABELS})
  if("${TEASEL_FUZZ_ENGINE}" STREQUAL "libfuzzer")
    message(STATUS "teasel_add_benchmark(${name}): left out of this libFuzzer tree")
    return()
  elseif(NOT TARGET Teasel::benchmark_main)
    _teasel_scenarios_refuse(${name} "there is no target Teasel::benchmark_main here; find_package(teasel) brings it with COMPONENTS benchmarks, on Linux")
  endif()

  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} Teasel::benchmark_main)
  if(PROJECT_NAME STREQUAL "teasel")
    target_link_libraries(${name} PRIVATE teasel_flags)
  endif()
  add_test(NAME benchmarks.${name} COMMAND ${name} --smoke)
  set_tests_properties(benchmarks.${name} PROPERTIES LABELS "bench;${arg_LABELS}" TIMEOUT 300)
endfunction()
