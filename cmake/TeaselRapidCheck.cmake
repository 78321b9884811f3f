# teasel_rapidcheck is RapidCheck under a name of Teasel's. RapidCheck's own targets have no namespace and its package has no
# version, so only this file uses its own name. CMake uses the installed RapidCheck (Debian: librapidcheck-dev) if there is
# one, and fetches it otherwise.
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
  # Code that includes RapidCheck's headers must get no warnings about them. The headers of an installed package cause none,
  # either.
  foreach(target rapidcheck rapidcheck_gtest)
    get_target_property(headers ${target} INTERFACE_INCLUDE_DIRECTORIES)
    set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${headers}")
  endforeach()
endif()

add_library(teasel_rapidcheck INTERFACE)
add_library(Teasel::rapidcheck ALIAS teasel_rapidcheck)
set_target_properties(teasel_rapidcheck PROPERTIES EXPORT_NAME rapidcheck)
target_link_libraries(teasel_rapidcheck INTERFACE rapidcheck rapidcheck_gtest)
