#pragma once

#include <gtest/gtest.h>

#include <teasel/fakes/world/script.hpp>

namespace teasel::gtest {

/// Plays the rows of a script that were not played yet. If one fails, the message says which, what
/// came instead, and which rows are left.
///
///     EXPECT_TRUE(plays(script));
inline testing::AssertionResult plays(fakes::Script& script) {
  const fakes::ScriptResult result = script.play();
  return result ? testing::AssertionSuccess() : testing::AssertionFailure() << '\n' << result.message;
}

}  // namespace teasel::gtest
