# teasel_rapidcheck: RapidCheck under a name of ours. Its own targets have no namespace and its package no version, so its
# bare name stays in this file. Found where it is installed (Debian: librapidcheck-dev), else fetched.
include_guard(GLOBAL)

if(NOT TARGET rapidcheck)
  find_package(rapidcheck QUIET)
endif()
if(NOT TARGET rapidcheck)
  include(FetchContent)
  message(STATUS "RapidCheck is not installed: it is fetched")
  FetchContent_Declare(rapidcheck
    GIT_REPOSITORY https://github.com/emil-e/rapidcheck.git
    GIT_TAG ff6af6fc683159deb51c543b065eba14dfcf329b)
  set(RC_ENABLE_GTEST ON CACHE BOOL "RapidCheck's own header for GoogleTest")
  FetchContent_MakeAvailable(rapidcheck)
  # Its headers are no matter for warnings of who includes them: of an installed package they are not, either.
  foreach(target rapidcheck rapidcheck_gtest)
    get_target_property(headers ${target} INTERFACE_INCLUDE_DIRECTORIES)
    set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${headers}")
  endforeach()
endif()

add_library(teasel_rapidcheck INTERFACE)
add_library(Teasel::rapidcheck ALIAS teasel_rapidcheck)
set_target_properties(teasel_rapidcheck PROPERTIES EXPORT_NAME rapidcheck)
target_link_libraries(teasel_rapidcheck INTERFACE rapidcheck rapidcheck_gtest)
