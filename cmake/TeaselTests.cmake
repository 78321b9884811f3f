# teasel_test(name SOURCES a_test.cpp ... [LIBRARIES ...] [LABELS unit])
# A GoogleTest program whose tests CTest knows by name; tests stand beside the code that they test.
include_guard(GLOBAL)

# What other compilers' trees build to compare trace hashes: every program whose tests have the label determinism.
add_custom_target(teasel_determinism)

function(teasel_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "teasel_test(${name} SOURCES ... [LIBRARIES ...] [LABELS ...]): cannot read '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT TEASEL_BUILD_TESTS)
    return()
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE teasel_flags ${arg_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main)
  if("determinism" IN_LIST arg_LABELS)
    add_dependencies(teasel_determinism ${name})
  endif()
  include(GoogleTest)
  # Names without values, so that a contract test ends in the name of its driver. Asking a sanitized program for its tests
  # takes a while on a busy machine.
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 120 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 120)
endfunction()
