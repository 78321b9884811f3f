# teasel_add_scenarios(name
#   SOURCES file.cpp ...      sources with TEASEL_SCENARIO(...) in them
#   [LIBRARIES target ...]    CMake targets that the sources need besides Teasel, defined before this call
#   [CORPUS dir]              a folder of inputs, at least one for each scenario; the test replays them, and campaigns begin with
#                             them
#   [DICTIONARY file]         libFuzzer dictionary
#   [MAX_LEN n]               longest input that a campaign makes, default 4096
#   [SEEDS n]                 how many seeds the test runs, default 100
#   [KNOWN file]              accepted findings, which do not fail a campaign: one bucket a line, `#` begins a comment
#   [SANITIZER_OPTIONS name=value ...]  for the run times of sanitizers in campaigns and replays: detect_leaks=0
#   [LABELS label ...])       CTest labels besides `fuzz`
#
# Makes the program `name` (run, replay, shrink, bench, serve, --list) and the CTest test `scenarios.<name>`. The test replays the
# corpus and runs the seeds, with any compiler. With -DTEASEL_FUZZ_ENGINE=libfuzzer and clang++-19 the program is also a
# libFuzzer campaign (`name fuzz ...`), and the sources and LIBRARIES are compiled with coverage instrumentation.
#
#   teasel_add_scenarios(shouting SOURCES shouting_scenarios.cpp LIBRARIES shouting CORPUS corpus/shouting)
#
# The program `teasel` (fuzz, replay, list ...) reads in <build>/teasel-scenarios/*.json which programs a build tree has.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/TeaselManifest.cmake")

# `call` and `signature` are variables of the public function that was called. They cannot be variables of this file: the call
# comes from another directory, which does not see them.
function(_teasel_scenarios_refuse name why)
  message(FATAL_ERROR "${call}(${name}): ${why}.\nIt is called as: ${call}(${signature})")
endfunction()

# For a path that does not exist: lists the folders in the nearest folder above it that exists.
function(_teasel_scenarios_folders_beside path result)
  while(NOT IS_DIRECTORY "${path}")
    get_filename_component(path "${path}" DIRECTORY)
  endwhile()
  file(GLOB entries LIST_DIRECTORIES TRUE RELATIVE "${path}" "${path}/*")
  set(folders "")
  foreach(entry IN LISTS entries)
    if(IS_DIRECTORY "${path}/${entry}")
      list(APPEND folders "${entry}")
    endif()
  endforeach()
  list(JOIN folders ", " folders)
  if(folders)
    set(${result} "the folders in ${path} are: ${folders}" PARENT_SCOPE)
  else()
    set(${result} "there is no folder in ${path}" PARENT_SCOPE)
  endif()
endfunction()

# Lists the libraries of Teasel that exist in this build tree.
function(_teasel_scenarios_targets result)
  set(there "")
  foreach(library IN ITEMS framework fakes fakes_gtest contract props count_work count_heap props_rapidcheck benchmarks fuzz)
    if(TARGET Teasel::${library})
      list(APPEND there "Teasel::${library}")
    endif()
  endforeach()
  list(JOIN there ", " there)
  set(${result} "${there}" PARENT_SCOPE)
endfunction()

# cmake_parse_arguments gives a list keyword everything up to the next known keyword. A misspelt `CORPSE dir` would become two
# libraries. This function therefore checks what each entry is.
function(_teasel_scenarios_check_lists name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LABELS")
  foreach(source IN LISTS arg_SOURCES)
    get_source_file_property(generated "${source}" GENERATED)
    get_filename_component(path "${source}" ABSOLUTE)
    if(NOT generated AND (NOT EXISTS "${path}" OR IS_DIRECTORY "${path}"))
      _teasel_scenarios_refuse(${name} "SOURCES entry '${source}' is no file (looked for ${path})")
    endif()
  endforeach()
  foreach(library IN LISTS arg_LIBRARIES)
    if(NOT TARGET "${library}" AND "${library}" MATCHES "^Teasel::")
      _teasel_scenarios_targets(there)
      _teasel_scenarios_refuse(${name} "LIBRARIES entry '${library}' is no target; there are: ${there}")
    elseif(NOT TARGET "${library}")
      _teasel_scenarios_refuse(${name} "LIBRARIES entry '${library}' is no target that exists here (misspelt keyword?)")
    endif()
  endforeach()
  foreach(label IN LISTS arg_LABELS)
    if(NOT label MATCHES "^[a-z][a-z0-9_.-]*$")
      _teasel_scenarios_refuse(${name} "LABELS entry '${label}' is no label: lower case letters, digits, '_', '.', '-' (misspelt keyword?)")
    endif()
  endforeach()
endfunction()

# Checks the options of sanitizers, and the file of accepted findings.
function(_teasel_scenarios_check_more name known)
  if(known)
    get_filename_component(known "${known}" ABSOLUTE)
    if(NOT EXISTS "${known}" OR IS_DIRECTORY "${known}")
      _teasel_scenarios_refuse(${name} "KNOWN '${known}' is no file")
    endif()
  endif()
  foreach(option IN LISTS ARGN)
    if(NOT option MATCHES "^[a-z_]+=[^:]*$")
      _teasel_scenarios_refuse(${name} "SANITIZER_OPTIONS entry '${option}' is no name=value (misspelt keyword?)")
    endif()
  endforeach()
endfunction()

# Checks the values of single-value keywords. The arguments after `dictionary` have the form KEYWORD=number.
function(_teasel_scenarios_check_values name corpus dictionary)
  if(corpus)
    get_filename_component(corpus "${corpus}" ABSOLUTE)
    if(NOT IS_DIRECTORY "${corpus}")
      _teasel_scenarios_folders_beside("${corpus}" others)
      _teasel_scenarios_refuse(${name} "CORPUS '${corpus}' is no directory; ${others}")
    endif()
    file(GLOB inputs "${corpus}/*")
    if(NOT inputs)
      _teasel_scenarios_refuse(${name} "CORPUS '${corpus}' is empty: one input at least, or leave CORPUS out")
    endif()
  endif()
  if(dictionary)
    get_filename_component(dictionary "${dictionary}" ABSOLUTE)
    if(NOT EXISTS "${dictionary}" OR IS_DIRECTORY "${dictionary}")
      _teasel_scenarios_refuse(${name} "DICTIONARY '${dictionary}' is no file")
    endif()
  endif()
  foreach(number IN LISTS ARGN)
    if(NOT number MATCHES "=[1-9][0-9]*$")
      string(REPLACE "=" " '" number "${number}")
      _teasel_scenarios_refuse(${name} "${number}' is no number above 0")
    endif()
  endforeach()
endfunction()

# Adds coverage instrumentation to a target of user code, to which coverage should guide a campaign. Fakes, reactor and
# transport get none: with it, a campaign would run half as fast and have twice the features, and most of these would be about
# the world and not about the protocol.
function(_teasel_scenarios_instrument target)
  get_target_property(aliased ${target} ALIASED_TARGET)
  if(aliased)
    set(target ${aliased})
  endif()
  if(target MATCHES "^(teasel_|Teasel::)")
    return()
  endif()
  get_target_property(imported ${target} IMPORTED)
  get_target_property(type ${target} TYPE)
  if(imported)
    message(WARNING "${target} is imported: it was compiled without coverage instrumentation, and libFuzzer will be nearly blind "
      "to it. Build it in this tree, by add_subdirectory or FetchContent.")
  elseif(NOT type STREQUAL "INTERFACE_LIBRARY")
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    if(NOT type STREQUAL "EXECUTABLE")
      # Other programs may link this library, too. They find the functions that the instrumentation calls in Teasel::framework.
      target_link_libraries(${target} INTERFACE $<LINK_ONLY:Teasel::framework>)
    endif()
  endif()
endfunction()

# Checks that TEASEL_FUZZ_ENGINE names an engine and that the targets that it needs exist.
function(_teasel_scenarios_check_engine name)
  if(NOT "${TEASEL_FUZZ_ENGINE}" MATCHES "^(|replay|libfuzzer)$")
    _teasel_scenarios_refuse(${name} "TEASEL_FUZZ_ENGINE is '${TEASEL_FUZZ_ENGINE}': replay or libfuzzer")
  endif()
  set(main scenario_main)
  set(component fakes)
  if(TEASEL_FUZZ_ENGINE STREQUAL "libfuzzer")
    set(main fuzz)
    set(component fuzz)
  endif()
  if(NOT TARGET Teasel::${main})
    _teasel_scenarios_refuse(${name}
      "there is no target Teasel::${main} here; find_package(teasel) brings it with COMPONENTS ${component}")
  endif()
  set(advice "to fuzz, have it built in this tree, by add_subdirectory or FetchContent")
  get_target_property(engine Teasel::${main} TEASEL_FUZZ_ENGINE)
  get_target_property(imported Teasel::${main} IMPORTED)
  if(imported AND main STREQUAL "fuzz")
    if(NOT engine STREQUAL "libfuzzer")
      _teasel_scenarios_refuse(${name} "the Teasel that was found is installed, without libFuzzer: ${advice}")
    endif()
    message(WARNING "teasel_add_scenarios(${name}): the Teasel that was found is installed, its protocols were compiled apart, and "
      "libFuzzer may be nearly blind to them: ${advice}.")
  endif()
endfunction()

# Refuses a call whose arguments, parsed into arg_*, cannot be read, lack SOURCES or name a target that exists. A macro, because
# these variables are the caller's.
macro(_teasel_scenarios_check_call name)
  if(arg_UNPARSED_ARGUMENTS)
    _teasel_scenarios_refuse(${name} "cannot read '${arg_UNPARSED_ARGUMENTS}'")
  elseif(arg_KEYWORDS_MISSING_VALUES)
    _teasel_scenarios_refuse(${name} "no value after ${arg_KEYWORDS_MISSING_VALUES}")
  elseif(NOT arg_SOURCES)
    _teasel_scenarios_refuse(${name} "SOURCES is missing")
  elseif(TARGET ${name})
    _teasel_scenarios_refuse(${name} "there is a target of this name already")
  endif()
endmacro()

function(teasel_add_scenarios name)
  set(call teasel_add_scenarios)
  string(CONCAT signature "name SOURCES file.cpp ... [LIBRARIES target ...] [CORPUS dir] [DICTIONARY file] [MAX_LEN n] "
    "[SEEDS n] [KNOWN file] [SANITIZER_OPTIONS name=value ...] [LABELS label ...]")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS;DICTIONARY;MAX_LEN;SEEDS;KNOWN" "SOURCES;LIBRARIES;LABELS;SANITIZER_OPTIONS")
  _teasel_scenarios_check_call(${name})
  foreach(default IN ITEMS MAX_LEN=4096 SEEDS=100)
    string(REGEX MATCH "^[A-Z_]+" key "${default}")
    if(NOT DEFINED arg_${key})
      string(REGEX REPLACE "^[A-Z_]+=" "" arg_${key} "${default}")
    endif()
  endforeach()
  _teasel_scenarios_check_engine(${name})
  _teasel_scenarios_check_lists(${name} SOURCES ${arg_SOURCES} LIBRARIES ${arg_LIBRARIES} LABELS ${arg_LABELS})
  _teasel_scenarios_check_values(${name} "${arg_CORPUS}" "${arg_DICTIONARY}" MAX_LEN=${arg_MAX_LEN} SEEDS=${arg_SEEDS})
  _teasel_scenarios_check_more(${name} "${arg_KNOWN}" ${arg_SANITIZER_OPTIONS})
  foreach(path IN ITEMS CORPUS DICTIONARY KNOWN)
    if(arg_${path})
      get_filename_component(arg_${path} "${arg_${path}}" ABSOLUTE)
    endif()
  endforeach()

  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} Teasel::fakes)
  if(PROJECT_NAME STREQUAL "teasel")
    # Teasel's warnings are for its own sources, not for those of a project that contains Teasel.
    target_link_libraries(${name} PRIVATE teasel_flags)
  endif()
  if(TEASEL_FUZZ_ENGINE STREQUAL "libfuzzer")
    target_link_libraries(${name} PRIVATE Teasel::fuzz)
    foreach(target IN LISTS name arg_LIBRARIES)
      _teasel_scenarios_instrument(${target})
    endforeach()
  else()
    target_link_libraries(${name} PRIVATE Teasel::scenario_main)
    if(TARGET Teasel::scenario_bench)
      target_link_libraries(${name} PRIVATE Teasel::scenario_bench)
    endif()
  endif()

  set(command ${name} run --seeds ${arg_SEEDS})
  if(arg_CORPUS)
    list(APPEND command --corpus "${arg_CORPUS}")
  endif()
  add_test(NAME scenarios.${name} COMMAND ${command})
  set_tests_properties(scenarios.${name} PROPERTIES LABELS "fuzz;${arg_LABELS}" TIMEOUT 300)

  _teasel_manifest(${name} CORPUS "${arg_CORPUS}" DICTIONARY "${arg_DICTIONARY}" MAX_LEN "${arg_MAX_LEN}" KNOWN "${arg_KNOWN}"
    LABELS ${arg_LABELS} SANITIZER_OPTIONS ${arg_SANITIZER_OPTIONS})
endfunction()
