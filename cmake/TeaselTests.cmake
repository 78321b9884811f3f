# teasel_test(name SOURCES a_test.cpp ... [LIBRARIES ...] [LABELS unit])
# Makes a GoogleTest program. CTest knows each of its tests by name. Tests stand beside the code that they test.
include_guard(GLOBAL)

# The build trees of other compilers build only some programs. The target teasel_<label> builds every program whose tests have
# that label. determinism: tests that compare trace hashes. deferred: tests of Deferreds, coroutines, tasks and threads, which
# run with sanitizers.
set(TEASEL_LABELS_APART determinism deferred)
set(TEASEL_TEST_OPTIONS "" CACHE STRING "Compiler options for the sources of tests, after all others; tests of coroutines and of counted work go without")
mark_as_advanced(TEASEL_TEST_OPTIONS)
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
  # Without optimisation, g++ lets a chain of coroutines grow the stack. What counts its work counts each block of the standard
  # library's templates as well, unless they are inlined.
  if(NOT deferred IN_LIST arg_LABELS AND NOT Teasel::count_work IN_LIST arg_LIBRARIES)
    target_compile_options(${name} PRIVATE ${TEASEL_TEST_OPTIONS})
  endif()
  foreach(label IN LISTS TEASEL_LABELS_APART)
    if(label IN_LIST arg_LABELS)
      add_dependencies(teasel_${label} ${name})
    endif()
  endforeach()
  include(GoogleTest)
  list(POP_FRONT arg_LABELS label)
  # NO_PRETTY_VALUES: the name of a contract test must end in the name of its driver. DISCOVERY_TIMEOUT: a program with
  # sanitizers takes a while to list its tests on a busy machine.
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 120 PROPERTIES LABELS "${label}" TIMEOUT 120)
  if(arg_LABELS)
    # gtest_discover_tests cannot pass a list of labels on. CTest adds the other labels when it reads the tests that were found.
    set(labels "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
    file(WRITE "${labels}" "if(${name}_TESTS)\n  set_tests_properties(\${${name}_TESTS} PROPERTIES LABELS \"${label};${arg_LABELS}\")\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels}")
  endif()
endfunction()
