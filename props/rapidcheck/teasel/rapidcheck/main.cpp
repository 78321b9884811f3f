#include <cstdio>
#include <exception>
#include <string_view>

#include <gtest/gtest.h>

#include <teasel/fakes/program/scenario_main.hpp>
#include <teasel/gtest/listener.hpp>
#include <teasel/rapidcheck/scenario_tests.hpp>

int main(int argc, char** argv) {
  // Words without -- are `replay FILE` and the other commands of scenario programs. Tests take only
  // --options.
  if (argc > 1 && argv[1][0] != '-') return teasel::fakes::scenarioMain(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  teasel::gtest::installListener();
  teasel::rapidcheck::CheckOptions options;
  options.forked = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--corpus=")) options.corpus = argument.substr(9);
    else if (argument.starts_with("--params=")) options.params = argument.substr(9);
    else if (argument.starts_with("--findings=")) options.findings = argument.substr(11);
    else if (argument == "--in-process") options.forked = false;
    else {
      std::fprintf(stderr,
                   "unknown argument %s; there are --corpus=DIR, --params='max_success=N ...', --findings=DIR, --in-process (for "
                   "debuggers), those of GoogleTest (--help), and the commands of scenario programs (run, replay, shrink ...)\n",
                   argv[i]);
      return 2;
    }
  }
  try {
    teasel::rapidcheck::registerScenarios(options);
  } catch (const std::exception& why) {
    std::fprintf(stderr, "%s\n", why.what());
    return 2;
  }
  return RUN_ALL_TESTS();
}
