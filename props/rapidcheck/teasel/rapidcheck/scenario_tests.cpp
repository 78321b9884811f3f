#include <teasel/rapidcheck/scenario_tests.hpp>

#include <utility>

#include <gtest/gtest.h>

#include <teasel/fakes/world/scenario.hpp>

namespace teasel::rapidcheck {

void registerScenarios(const CheckOptions& options) {
  class Test final : public testing::Test {
   public:
    Test(const fakes::Scenario& scenario, CheckOptions how) : scenario_(scenario), options_(std::move(how)) {}
    void TestBody() override {
      const CheckResult result = checkScenario(scenario_.name(), options_);
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
