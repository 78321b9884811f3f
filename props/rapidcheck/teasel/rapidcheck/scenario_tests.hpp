#pragma once

#include <teasel/rapidcheck/check.hpp>

namespace teasel::rapidcheck {

/// Registers a GoogleTest test "RapidCheck.<name>" for each scenario of the program. The test
/// checks the scenario, and its name is the id of the check. A main calls this before
/// RUN_ALL_TESTS; Teasel::rapidcheck_main does.
void registerScenarios(const CheckOptions& options = {});

}  // namespace teasel::rapidcheck
