#include <teasel/rapidcheck/scenario_tests.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/detail/Configuration.h>

#include <teasel/fakes/world/scenario.hpp>

namespace teasel::rapidcheck {

namespace {

class Refuses final : public testing::EmptyTestEventListener {
 public:
  /// GoogleTest has applied its filter by then.
  void OnTestProgramStart(const testing::UnitTest& program) override {
    const auto& named = rc::detail::configuration().reproduce;
    if (named.empty()) return;
    std::size_t others = 0;
    std::string first, names;
    for (int i = 0; i < program.total_test_suite_count(); ++i) {
      const testing::TestSuite& suite = *program.GetTestSuite(i);
      for (int k = 0; k < suite.total_test_count(); ++k) {
        if (!suite.GetTestInfo(k)->should_run()) continue;
        // RC_GTEST_PROP writes ids with a slash, scenarios have the names of their tests.
        const std::string test = std::string(suite.name()) + "." + suite.GetTestInfo(k)->name();
        if (named.contains(test) || named.contains(std::string(suite.name()) + "/" + suite.GetTestInfo(k)->name())) continue;
        if (others++ == 0) first = test;
      }
    }
    if (others == 0) return;
    for (const auto& [id, how] : named) (names += names.empty() ? "" : ", ") += id;
    std::fprintf(stderr,
                 "RC_PARAMS has reproduce= for %s. RapidCheck would let every other property pass without a case: %zu other "
                 "test(s) are chosen here, %s among them. Choose tests by --gtest_filter, or leave reproduce= out.\n",
                 names.c_str(), others, first.c_str());
    std::fflush(nullptr);
    std::exit(2);
  }
};

}  // namespace

void refuseSilentPasses() {
  testing::UnitTest::GetInstance()->listeners().Append(new Refuses);  // which owns it
}

void registerScenarios(const CheckOptions& options) {
  class Test final : public testing::Test {
   public:
    Test(const fakes::Scenario& scenario, CheckOptions how) : scenario_(scenario), options_(std::move(how)) {}
    void TestBody() override {
      const CheckResult result = checkScenario(scenario_.name(), options_);
      if (!result.warning.empty())
        std::fprintf(stderr, "warning: scenario %s: %s\n", std::string(scenario_.name()).c_str(), result.warning.c_str());
      if (!result) ADD_FAILURE_AT(scenario_.site().file, scenario_.site().line) << result.text;
    }

   private:
    const fakes::Scenario& scenario_;
    CheckOptions options_;
  };
  for (const fakes::Scenario* each : fakes::scenarios()) {
    const std::string name(each->name());
    CheckOptions own = options;
    own.id = "RapidCheck." + name;
    testing::RegisterTest("RapidCheck", name.c_str(), nullptr, nullptr, each->site().file, each->site().line,
                          [each, own]() -> testing::Test* { return new Test(*each, own); });
  }
}

}  // namespace teasel::rapidcheck
