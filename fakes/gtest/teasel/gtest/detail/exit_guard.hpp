#pragma once

namespace teasel::gtest::detail {

/// Makes the end of a program count while its tests run. Code under test that calls exit,
/// quick_exit or _exit, from any thread, would otherwise end the program with the status of its
/// choice: 0 passes. The guard names the running test on standard error and makes the status 1. (A
/// status other than 0 that _exit or _Exit got stays.) It watches from the set-up of the first test
/// environment to the tear-down of the last one, in the process in which that began: children that
/// tests fork, death tests among them, end as they like.
///
/// Every program that links Teasel::fakes_gtest has the guard, whatever its main is: the library
/// asks the linker for exit_guard.cpp, and a static object there calls this function. More calls
/// change nothing. Direct system calls and exec are not seen.
void installExitGuard();

}  // namespace teasel::gtest::detail
