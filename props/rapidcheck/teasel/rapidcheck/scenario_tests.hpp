#pragma once

#include <teasel/rapidcheck/check.hpp>

namespace teasel::rapidcheck {

/// Registers a GoogleTest test "RapidCheck.<name>" for each scenario of the program. The test
/// checks the scenario, and its name is the id of the check. A main calls this before
/// RUN_ALL_TESTS; Teasel::rapidcheck_main does.
void registerScenarios(const CheckOptions& options = {});

/// RapidCheck's parameter reproduce= in RC_PARAMS makes every property that it does not name pass
/// without a case. After this call a program ends with status 2, before its first test, if it would
/// run other tests than those that the parameter names. A main calls it before RUN_ALL_TESTS;
/// Teasel::rapidcheck_main does.
void refuseSilentPasses();

}  // namespace teasel::rapidcheck
