#pragma once

#include <teasel/rapidcheck/check.hpp>

namespace teasel::rapidcheck {

/// Registers a GoogleTest test "RapidCheck.<name>" for each scenario linked into the program, which
/// checks it; for main, before RUN_ALL_TESTS. The id of each check is its test's name.
/// Teasel::rapidcheck_main does this.
void registerScenarios(const CheckOptions& options = {});

}  // namespace teasel::rapidcheck
