#include <cstdio>
#include <exception>

#include <gmock/gmock.h>

#include <teasel/fakes/program/scenario_main.hpp>
#include <teasel/gtest/listener.hpp>
#include <teasel/gtest/seeds.hpp>

int main(int argc, char** argv) {
  // `replay FILE` and the other commands of scenario programs. Tests take only --options.
  if (argc > 1 && argv[1][0] != '-') return teasel::fakes::scenarioMain(argc, argv);
  testing::InitGoogleMock(&argc, argv);
  teasel::gtest::installListener();
  try {
    teasel::gtest::registerScenarios();
  } catch (const std::exception& why) {
    std::fprintf(stderr, "%s\n", why.what());
    return 2;
  }
  return RUN_ALL_TESTS();
}
