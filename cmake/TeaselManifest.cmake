# What the program `teasel` knows of a build tree: for each call of teasel_add_scenarios a file <build>/teasel-scenarios/<name>.json,
# and <build>/teasel-scenarios/teasel, which runs that program for this tree. Included by TeaselScenarios.cmake.
#
# A manifest holds: version (of its form), name, program, engine (replay | libfuzzer), corpus, dictionary, max_len, labels,
# sanitizer_flags (of the compiler), sanitizer_options (of the run time), known (accepted findings), project (the source folder),
# sources, include_directories, and libraries: each with name, imported and sources, all that the program links, Teasel too.
# Paths are absolute, and "" where there is none.
include_guard(GLOBAL)

set(_teasel_manifests "${CMAKE_BINARY_DIR}/teasel-scenarios")
file(REMOVE_RECURSE "${_teasel_manifests}")

# The program lies in Teasel's source, or in the bin/ of the prefix that this file is installed in.
get_filename_component(_teasel_cli "${CMAKE_CURRENT_LIST_DIR}/../fuzz/cli/teasel" ABSOLUTE)
if(NOT EXISTS "${_teasel_cli}")
  set(_teasel_cli "teasel")
  set(_teasel_above "${CMAKE_CURRENT_LIST_DIR}")
  foreach(_teasel_level RANGE 4)
    get_filename_component(_teasel_above "${_teasel_above}" DIRECTORY)
    if(EXISTS "${_teasel_above}/bin/teasel")
      set(_teasel_cli "${_teasel_above}/bin/teasel")
      break()
    endif()
  endforeach()
endif()
# A shell takes everything between two ' as it is, but for a '.
string(REPLACE "'" "'\\''" _teasel_quoted_cli "${_teasel_cli}")
string(REPLACE "'" "'\\''" _teasel_quoted_tree "${CMAKE_BINARY_DIR}")
file(WRITE "${_teasel_manifests}/teasel" "#!/bin/sh
# The program teasel for the build tree that this file lies in.
[ -n \"$TEASEL_BUILD\" ] || TEASEL_BUILD='${_teasel_quoted_tree}'
export TEASEL_BUILD
exec '${_teasel_quoted_cli}' \"$@\"
")
file(CHMOD "${_teasel_manifests}/teasel" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# Each of these gives a text of JSON.
function(_teasel_json_string text result)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  set(${result} "\"${text}\"" PARENT_SCOPE)
endfunction()
function(_teasel_json_list result)
  set(items "")
  foreach(item IN LISTS ARGN)
    _teasel_json_string("${item}" item)
    list(APPEND items "${item}")
  endforeach()
  list(JOIN items ", " items)
  set(${result} "[${items}]" PARENT_SCOPE)
endfunction()

# The words of a list of libraries or folders, of which some stand in generator expressions. Words that are none of these things
# may be among them. What is only for an installed Teasel is left out.
function(_teasel_manifest_words result)
  set(words "")
  foreach(word IN LISTS ARGN)
    if(NOT word MATCHES "INSTALL_INTERFACE")
      string(REGEX REPLACE "\\$<[A-Z_]+:" ";" word "${word}")
      string(REGEX REPLACE "[<>$]" ";" word "${word}")
      list(APPEND words ${word})
    endif()
  endforeach()
  set(${result} "${words}" PARENT_SCOPE)
endfunction()

# The values of some properties of a target, one after the other.
function(_teasel_manifest_properties target result)
  set(all "")
  foreach(property IN LISTS ARGN)
    get_target_property(value ${target} ${property})
    if(value)
      list(APPEND all ${value})
    endif()
  endforeach()
  set(${result} "${all}" PARENT_SCOPE)
endfunction()

# All targets that a program is linked from, itself first.
function(_teasel_manifest_closure name result)
  set(queue "${name}")
  set(seen "")
  while(queue)
    list(POP_FRONT queue target)
    if(NOT TARGET "${target}")
      continue()
    endif()
    get_target_property(aliased "${target}" ALIASED_TARGET)
    if(aliased)
      set(target "${aliased}")
    endif()
    if(target IN_LIST seen)
      continue()
    endif()
    list(APPEND seen "${target}")
    _teasel_manifest_properties(${target} links LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
    _teasel_manifest_words(links ${links})
    list(APPEND queue ${links})
  endwhile()
  set(${result} "${seen}" PARENT_SCOPE)
endfunction()

# The sources of a target, as absolute paths.
function(_teasel_manifest_sources target result)
  set(paths "")
  get_target_property(folder ${target} SOURCE_DIR)
  _teasel_manifest_properties(${target} sources SOURCES)
  foreach(source IN LISTS sources)
    if(NOT source MATCHES "[$<>]")
      get_filename_component(source "${source}" ABSOLUTE BASE_DIR "${folder}")
      list(APPEND paths "${source}")
    endif()
  endforeach()
  set(${result} "${paths}" PARENT_SCOPE)
endfunction()

# Called when all of the project is known.
function(_teasel_manifest_write name)
  _teasel_manifest_closure(${name} closure)
  set(libraries "")
  set(folders "")
  set(flags "${CMAKE_CXX_FLAGS}")
  foreach(target IN LISTS closure)
    _teasel_manifest_properties(${target} more COMPILE_OPTIONS INTERFACE_COMPILE_OPTIONS)
    string(APPEND flags " ${more}")
    _teasel_manifest_properties(${target} more INCLUDE_DIRECTORIES INTERFACE_INCLUDE_DIRECTORIES)
    list(APPEND folders ${more})
    if(NOT target STREQUAL name)
      get_target_property(imported ${target} IMPORTED)
      set(is_imported false)
      if(imported)
        set(is_imported true)
      endif()
      _teasel_manifest_sources(${target} sources)
      _teasel_json_list(sources ${sources})
      list(APPEND libraries "  {\"name\": \"${target}\", \"imported\": ${is_imported}, \"sources\": ${sources}}")
    endif()
  endforeach()
  list(JOIN libraries ",\n" libraries)
  _teasel_manifest_words(folders ${folders})
  set(absolute "")
  foreach(folder IN LISTS folders)
    if(IS_ABSOLUTE "${folder}" AND IS_DIRECTORY "${folder}")
      list(APPEND absolute "${folder}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES absolute)
  string(REGEX MATCHALL "-fsanitize=[a-z,-]+" flags "${flags}")
  list(REMOVE_DUPLICATES flags)
  _teasel_manifest_sources(${name} sources)

  set(engine replay)
  if(TEASEL_FUZZ_ENGINE STREQUAL "libfuzzer")
    set(engine libfuzzer)
  endif()
  foreach(property corpus dictionary known)
    string(TOUPPER TEASEL_${property} key)
    _teasel_manifest_properties(${name} value ${key})
    _teasel_json_string("${value}" ${property})
  endforeach()
  get_target_property(max_len ${name} TEASEL_MAX_LEN)
  _teasel_manifest_properties(${name} labels TEASEL_LABELS)
  _teasel_manifest_properties(${name} options TEASEL_SANITIZER_OPTIONS)
  _teasel_json_string("${CMAKE_SOURCE_DIR}" project)
  _teasel_json_list(labels ${labels})
  _teasel_json_list(options ${options})
  _teasel_json_list(flags ${flags})
  _teasel_json_list(sources ${sources})
  _teasel_json_list(absolute ${absolute})
  file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/teasel-scenarios/${name}.json" CONTENT
"{\"version\": 1, \"name\": \"${name}\", \"engine\": \"${engine}\", \"program\": \"$<TARGET_FILE:${name}>\",
 \"corpus\": ${corpus}, \"dictionary\": ${dictionary}, \"max_len\": ${max_len}, \"labels\": ${labels},
 \"sanitizer_flags\": ${flags}, \"sanitizer_options\": ${options}, \"known\": ${known}, \"project\": ${project},
 \"sources\": ${sources},
 \"include_directories\": ${absolute},
 \"libraries\": [
${libraries}
 ]}
")
endfunction()

# teasel_add_scenarios calls this with what it was given.
function(_teasel_manifest name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS;DICTIONARY;MAX_LEN;KNOWN" "LABELS;SANITIZER_OPTIONS")
  foreach(key CORPUS DICTIONARY MAX_LEN KNOWN LABELS SANITIZER_OPTIONS)
    set_property(TARGET ${name} PROPERTY TEASEL_${key} "${arg_${key}}")
  endforeach()
  # What a target links may be said after the call.
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [==[${CMAKE_SOURCE_DIR}]==] CALL _teasel_manifest_write [==[${name}]==])")
endfunction()
