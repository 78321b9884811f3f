#pragma once

#include <teasel/contract/bench.hpp>

/// Runs one part of the contract on `arms`, a container of teasel::contract::Arm. Include the
/// header of the part before. Once per program, at namespace scope.
#define TEASEL_INSTANTIATE_CONTRACT_PART(Suite, arms)                 \
  namespace teasel::contract {                                        \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(arms), nameOf); \
  }                                                                   \
  static_assert(true, "a semicolon follows")
