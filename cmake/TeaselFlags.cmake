# Warnings and sanitizers. Teasel's own targets link teasel_flags privately, so the exported targets do not have its flags.
include_guard(GLOBAL)

add_library(teasel_flags INTERFACE)
target_compile_features(teasel_flags INTERFACE cxx_std_20)
target_compile_options(teasel_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Woverloaded-virtual -Wcast-qual -Wimplicit-fallthrough
  $<$<BOOL:${TEASEL_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # From -O2 on, this compiler warns about every `"literal" + std::string` (GCC bug 105651).
  target_compile_options(teasel_flags INTERFACE -Wno-restrict)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND TEASEL_SANITIZE)
  # With sanitizers, GCC cannot tell which words of UniqueFunction's buffer are in use, and warns. Without them it can.
  target_compile_options(teasel_flags INTERFACE -Wno-maybe-uninitialized)
endif()

if(TEASEL_SANITIZE AND NOT PROJECT_IS_TOP_LEVEL)
  message(FATAL_ERROR "TEASEL_SANITIZE is for Teasel's own trees; sanitizers must be the same in all of yours: "
    "-DCMAKE_CXX_FLAGS=-fsanitize=...")
elseif(TEASEL_SANITIZE)
  list(JOIN TEASEL_SANITIZE "," _teasel_sanitizers)
  # UBSan must not recover from a finding: the finding must end the test and not only print a message.
  add_compile_options(-fsanitize=${_teasel_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${_teasel_sanitizers})
endif()

find_program(TEASEL_CCACHE ccache)
if(TEASEL_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TEASEL_CCACHE}")
endif()
