# teasel_test(name SOURCES a_test.cpp ... [LIBRARIES ...] [LABELS unit])
# A GoogleTest program whose tests CTest knows by name; tests stand beside the code that they test.
include_guard(GLOBAL)

# What the trees of other compilers build without the rest: every program whose tests have that label. determinism: trace
# hashes are compared. deferred: Deferreds, coroutines, tasks and threads, sanitized.
set(TEASEL_LABELS_APART determinism deferred)
foreach(label IN LISTS TEASEL_LABELS_APART)
  add_custom_target(teasel_${label})
endforeach()

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
  foreach(label IN LISTS TEASEL_LABELS_APART)
    if(label IN_LIST arg_LABELS)
      add_dependencies(teasel_${label} ${name})
    endif()
  endforeach()
  include(GoogleTest)
  list(POP_FRONT arg_LABELS label)
  # Names without values, so that a contract test ends in the name of its driver. Asking a sanitized program for its tests
  # takes a while on a busy machine.
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 120 PROPERTIES LABELS "${label}" TIMEOUT 120)
  if(arg_LABELS)
    # It hands on no list: the others are added when CTest reads what it found.
    set(labels "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
    file(WRITE "${labels}" "if(${name}_TESTS)\n  set_tests_properties(\${${name}_TESTS} PROPERTIES LABELS \"${label};${arg_LABELS}\")\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels}")
  endif()
endfunction()
