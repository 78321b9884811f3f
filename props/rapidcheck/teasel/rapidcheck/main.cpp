#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string_view>
#include <system_error>

#include <gtest/gtest.h>

#include <teasel/fakes/program/scenario_main.hpp>
#include <teasel/gtest/listener.hpp>
#include <teasel/rapidcheck/scenario_tests.hpp>

namespace {
/// The number above 0 that stands behind `name` and is the rest of the argument; else 0.
std::size_t numberOf(std::string_view argument, std::string_view name) {
  if (!argument.starts_with(name)) return 0;
  argument.remove_prefix(name.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
  return error == std::errc() && end == argument.data() + argument.size() && number <= 1'000'000 ? number : 0;
}
}  // namespace

int main(int argc, char** argv) {
  // Words without -- are `replay FILE` and the other commands of scenario programs. Tests take only
  // --options.
  if (argc > 1 && argv[1][0] != '-') return teasel::fakes::scenarioMain(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  teasel::gtest::installListener();
  teasel::rapidcheck::refuseSilentPasses();
  teasel::rapidcheck::CheckOptions options;
  options.forked = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--corpus=")) options.corpus = argument.substr(9);
    else if (argument.starts_with("--params=")) options.params = argument.substr(9);
    else if (argument.starts_with("--findings=")) options.findings = argument.substr(11);
    else if (argument == "--in-process") options.forked = false;
    else if (const std::size_t seconds = numberOf(argument, "--timeout="); seconds != 0)
      options.timeout = std::chrono::seconds(seconds);
    else if (const std::size_t runs = numberOf(argument, "--shrink-runs="); runs != 0) options.shrinkRuns = runs;
    else {
      std::fprintf(stderr,
                   "unknown argument %s; there are --corpus=DIR, --params='max_success=N ...', --findings=DIR, "
                   "--timeout=SECONDS (of one run), --shrink-runs=N, --in-process (for debuggers), those of GoogleTest (--help), "
                   "and the commands of scenario programs (run, replay, shrink ...)\n",
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
