# Warnings and sanitizers, kept out of what is exported: every target of ours links teasel_flags privately.
include_guard(GLOBAL)

add_library(teasel_flags INTERFACE)
target_compile_features(teasel_flags INTERFACE cxx_std_20)
target_compile_options(teasel_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Woverloaded-virtual -Wcast-qual -Wimplicit-fallthrough
  $<$<BOOL:${TEASEL_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # From -O2 on it warns about every `"literal" + std::string` (GCC bug 105651).
  target_compile_options(teasel_flags INTERFACE -Wno-restrict)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND TEASEL_SANITIZE)
  # What sanitizers add hides from it which words of a buffer are in use (UniqueFunction's); without them it sees.
  target_compile_options(teasel_flags INTERFACE -Wno-maybe-uninitialized)
endif()

if(TEASEL_SANITIZE AND NOT PROJECT_IS_TOP_LEVEL)
  message(FATAL_ERROR "TEASEL_SANITIZE is for Teasel's own trees; sanitizers must be the same in all of yours: "
    "-DCMAKE_CXX_FLAGS=-fsanitize=...")
elseif(TEASEL_SANITIZE)
  list(JOIN TEASEL_SANITIZE "," _teasel_sanitizers)
  # Without recovery: a finding of UBSan must end the test, not scroll by.
  add_compile_options(-fsanitize=${_teasel_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${_teasel_sanitizers})
endif()

find_program(TEASEL_CCACHE ccache)
if(TEASEL_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TEASEL_CCACHE}")
endif()
