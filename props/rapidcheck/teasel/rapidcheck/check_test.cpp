#include <teasel/rapidcheck/check.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <unistd.h>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <teasel/core/errors.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/feedable.hpp>
#include <teasel/rapidcheck/detail/search.hpp>
#include <teasel/rapidcheck/plays.hpp>

namespace teasel::rapidcheck {
namespace {

using fakes::Play;
using fakes::World;

/// The main of this program runs every scenario under seeds as well. So what is broken here breaks
/// only when armed.
bool armed = false;
struct Armed {
  Armed() { armed = true; }
  ~Armed() { armed = false; }
};

template <class F>
void serve(World& world, F consume) {
  fakes::feedable([consume](ByteView bytes) { return consume(bytes), bytes.size(); })(world);
}

TEASEL_SCENARIO(rcTestHolds, "holds") {
  serve(world, [](ByteView) {});
}

constexpr std::string_view kWords[] = {"\r\n"};
fakes::ScenarioOptions lineWords() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  return options;
}
TEASEL_SCENARIO(rcTestSplit, "breaks where CR and LF come apart", lineWords()) {
  auto returned = std::make_shared<bool>(false);
  serve(world, [&world, returned](ByteView bytes) {
    world.check(!armed || !*returned || bytes[0] != '\n', "split-delimiter");
    *returned = bytes[bytes.size() - 1] == '\r';
  });
}

TEASEL_SCENARIO(rcTestTwo, "breaks in two ways") {
  auto received = std::make_shared<std::size_t>(0);
  serve(world, [&world, received](ByteView bytes) {
    *received += bytes.size();
    world.check(!armed || *received < 5, "too-much");
  });
  world.check(!armed || *received != 1, "just-one");
}

TEASEL_SCENARIO(rcTestAssert, "asserts in a callback, and again when the connection ends") {
  struct Asserts : Protocol {
    void dataReceived(ByteView data) override { RC_ASSERT(!armed || data.text().find('a') == std::string_view::npos); }
    void connectionLost(const Failure&) override { RC_ASSERT(!armed); }
  };
  world.host().reactor().listenTCP(1, Factory::forProtocol<Asserts>());
  world.run();
}

TEASEL_SCENARIO(rcTestPre, "wants what never comes") {
  world.host().reactor().callLater(std::chrono::seconds(1), [] { RC_PRE(!armed); });
  world.run();
}

int calls = 0;
TEASEL_SCENARIO(rcTestLeavesBehind, "breaks in every seventh run") {
  serve(world, [](ByteView) {});
  world.check(!armed || ++calls % 7 != 0, "seventh");
}

const pid_t testProcess = ::getpid();
TEASEL_SCENARIO(rcTestUnsteady, "breaks in one process and in no other") {
  serve(world, [](ByteView) {});
  world.check(!armed || ::getpid() != testProcess, "unsteady");
}

TEASEL_SCENARIO(rcTestHoards, "keeps more than 10 bytes") {
  serve(world, [](ByteView) {});
  const std::uint64_t bytes = world.play().byteCount();
  if (armed && bytes > 10) world.fail("hoard", "too much", fakes::Excess{.measured = bytes, .allowed = 10, .marginPercent = 50});
}

TEASEL_SCENARIO(rcTestSecret, "breaks on what only the corpus knows") {
  serve(world, [&world](ByteView bytes) {
    world.check(!armed || bytes.text().find("open sesame") == std::string_view::npos, "opened");
  });
}

/// RC_PARAMS of the person who runs these tests is for properties. Tests of how parameters are
/// taken must not see it.
struct RapidCheckEngine : testing::Test {
  void SetUp() override {
    if (const char* outside = std::getenv("RC_PARAMS")) kept_ = outside;
    ::unsetenv("RC_PARAMS");
  }
  void TearDown() override {
    if (kept_) ::setenv("RC_PARAMS", kept_->c_str(), 1);
  }
  std::optional<std::string> kept_;
};

/// Writes nothing anywhere.
CheckOptions quick(const std::string& params) { return {.params = "max_success=300 " + params, .findings = {}}; }

TEST_F(RapidCheckEngine, PassesAScenarioThatHolds) {
  const CheckResult result = checkScenario("rcTestHolds", quick("seed=1"));
  EXPECT_TRUE(result) << result.text;
  EXPECT_EQ(result.runs, 300u);
  EXPECT_EQ(result.text, "");
}

TEST_F(RapidCheckEngine, ShrinksThePlayAndTheChoicesTogether) {
  const Armed now;
  for (const char* seed : {"seed=1", "seed=2", "seed=3"}) {
    const CheckResult result = checkScenario("rcTestSplit", quick(seed));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.tape.oracle, "split-delimiter");
    Play smallest;
    smallest.send(0, "\r\n");
    EXPECT_EQ(result.tape.play, smallest) << result.text;
    const std::vector<fakes::ChoiceRecord> oneCut = {{0x100, static_cast<std::uint16_t>(fakes::ChoiceSite::kCut), 0, 2, 1}};
    EXPECT_EQ(result.tape.records, oneCut) << result.text;
  }
}

TEST_F(RapidCheckEngine, ShrinksWithinOneWayOfFailing) {
  const Armed now;
  for (const char* seed : {"seed=1", "seed=2", "seed=3", "seed=4"}) {
    const CheckResult result = checkScenario("rcTestTwo", quick(seed));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.tape.play.byteCount(), result.tape.oracle == "too-much" ? 5u : 1u) << result.text;
  }
}

TEST_F(RapidCheckEngine, ReportsAsEveryEngineDoes) {
  const Armed now;
  const CheckResult result = checkScenario("rcTestSplit", quick("seed=1"));
  for (const char* part : {"FAILED rcTestSplit: split-delimiter", "falsified by case", "send 0 \"\\r\\n\"", "<== FAIL",
                           " replay ", "TEST(ScenarioRcTestSplit, ", "RC_PARAMS=\"reproduce="})
    EXPECT_NE(result.text.find(part), std::string::npos) << part << " in\n" << result.text;
}

TEST_F(RapidCheckEngine, ComesToTheSameTapeByItsReproduceString) {
  const Armed now;
  const CheckResult first = checkScenario("rcTestSplit", quick("seed=5"));
  ASSERT_FALSE(first);
  const CheckResult again = checkScenario("rcTestSplit", quick(first.reproduce));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.tape, first.tape);
  EXPECT_EQ(again.reproduce, first.reproduce);
  EXPECT_LT(again.runs, first.runs);
}

TEST_F(RapidCheckEngine, TakesParametersFromTheEnvironmentBeforeItsOwn) {
  ::setenv("RC_PARAMS", "max_success=7", 1);
  EXPECT_EQ(checkScenario("rcTestHolds", quick("")).runs, 7u);
  ::setenv("RC_PARAMS", "max_success=", 1);
  EXPECT_THROW(checkScenario("rcTestHolds", quick("")), UsageError);
  ::unsetenv("RC_PARAMS");
}

TEST_F(RapidCheckEngine, StopsShrinkingAtItsLimitAndSaysSo) {
  const Armed now;
  CheckOptions options = quick("seed=1");
  options.shrinkRuns = 3;
  const CheckResult result = checkScenario("rcTestSplit", options);
  ASSERT_FALSE(result);
  EXPECT_NE(result.text.find("not fully"), std::string::npos) << result.text;
}

TEST_F(RapidCheckEngine, SaysWhenAFailureDoesNotComeAgainAndPrintsNoTest) {
  const Armed now;
  const CheckResult result = checkScenario("rcTestUnsteady", quick("seed=1"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.text.find("the scenario is not deterministic"), std::string::npos) << result.text;
  EXPECT_EQ(result.text.find("TEST("), std::string::npos) << result.text;
}

TEST_F(RapidCheckEngine, SaysWhenAFailureNeedsWhatEarlierCasesLeaveBehindAndPrintsNoTest) {
  const Armed now;
  for (const bool forked : {false, true}) {
    CheckOptions options = quick("seed=9");
    options.forked = forked;
    const CheckResult result = checkScenario("rcTestLeavesBehind", options);
    ASSERT_FALSE(result);
    EXPECT_NE(result.text.find("the failure needs what earlier cases leave behind"), std::string::npos) << result.text;
    EXPECT_NE(result.text.find("There is no test to keep"), std::string::npos) << result.text;
    EXPECT_EQ(result.text.find("TEST("), std::string::npos) << result.text;
    EXPECT_EQ(result.reproduce, "seed=9");
  }
}

TEST_F(RapidCheckEngine, RefusesAReproduceStringThatIsForAnotherCheck) {
  const Armed now;
  const CheckResult found = checkScenario("rcTestSplit", quick("seed=5"));
  ASSERT_FALSE(found);
  EXPECT_THROW(checkScenario("rcTestHolds", quick(found.reproduce)), UsageError);
}

TEST_F(RapidCheckEngine, ShrinksACountedBoundWithAMargin) {
  const Armed now;
  const CheckResult result = checkScenario("rcTestHoards", quick("seed=1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.tape.play.byteCount(), 15u) << "the bound is 10, the margin 50 percent\n" << result.text;
}

TEST_F(RapidCheckEngine, TakesItsResultThroughAPipeAndBack) {
  const Armed now;
  const fakes::Scenario& scenario = fakes::requireScenario("rcTestSplit");
  const CheckOptions options = quick("seed=1");
  const detail::Found found = detail::search(scenario, options, detail::Place::kHere);
  const detail::Found back = detail::unpackFound(pack(found));
  EXPECT_EQ(pack(back), pack(found));
  EXPECT_EQ(back.last.play, found.last.play);
  for (const std::string& bad : {std::string(), std::string("found 1"), pack(found).substr(0, 40), pack(found).substr(0, 300)})
    EXPECT_THROW(detail::unpackFound(bad), UsageError) << bad;
}

TEST_F(RapidCheckEngine, TakesPlaysFromACorpus) {
  const Armed now;
  const auto folder = std::filesystem::path(testing::TempDir()) / ("teasel_rapidcheck_corpus_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "raw") << "please open sesame now";
  CheckOptions options = quick("seed=1");
  EXPECT_TRUE(checkScenario("rcTestSecret", options));
  options.corpus = folder.string();
  const CheckResult result = checkScenario("rcTestSecret", options);
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(result);
  Play smallest;
  smallest.send(0, "open sesame");
  EXPECT_EQ(result.tape.play, smallest) << result.text;
  EXPECT_THROW(checkScenario("rcTestSecret", options), UsageError);
}

TEST_F(RapidCheckEngine, RefusesAScenarioThatDoesNotExistAndParametersThatItCannotRead) {
  EXPECT_THROW(checkScenario("rcTestNone"), UsageError);
  EXPECT_THROW(checkScenario("rcTestHolds", quick("max_success=many")), UsageError);
}

// Assertions in user code -------------------------------------------------------------------------

/// What RapidCheck says about a property; "" when it holds.
template <class Property>
std::string falsified(Property property) {
  rc::detail::TestListenerAdapter silent;
  rc::detail::TestParams params;
  params.maxSuccess = 20;
  const std::unordered_map<std::string, rc::detail::Reproduce> nothing;
  const auto result = rc::detail::checkTestable(property, rc::detail::TestMetadata{}, params, silent, nothing);
  if (result.template is<rc::detail::SuccessResult>()) return "";
  std::ostringstream said;
  rc::detail::printResultMessage(result, said);
  return said.str();
}

using RapidCheckAssertions = RapidCheckEngine;

struct RefusesAnX : Protocol {
  void dataReceived(ByteView data) override { RC_ASSERT(data.text().find('x') == std::string_view::npos); }
};

TEST_F(RapidCheckAssertions, OfDataReceivedFailThePropertyThroughAStringTransport) {
  const auto feeds = [](ByteView bytes) {
    return falsified([bytes = bytes.str()] {
      fakes::StringTransport wire(std::make_shared<RefusesAnX>());
      wire.feed(bytes);
    });
  };
  EXPECT_EQ(feeds("abc"), "");
  const std::string said = feeds("axc");
  EXPECT_NE(said.find("Falsifiable"), std::string::npos) << said;
  EXPECT_NE(said.find("RC_ASSERT(data.text().find('x')"), std::string::npos) << said;
}

TEST_F(RapidCheckAssertions, OfDataReceivedFailThePropertyThroughAWorld) {
  EXPECT_NE(falsified([] {
              World world;
              world.host().reactor().listenTCP(1, Factory::forProtocol<RefusesAnX>());
              world.play().send(0, "x");
              world.run();
            }),
            "");
}

TEST_F(RapidCheckAssertions, OfTimersAndDeferredsFailTheProperty) {
  EXPECT_NE(falsified([] {
              World world;
              world.host().reactor().callLater(std::chrono::seconds(1), [] { RC_FAIL("a timer"); });
              world.run();
            }),
            "");
  EXPECT_NE(falsified([] {
              Deferred<int> deferred;
              deferred.addCallback([](int value) {
                RC_ASSERT(value == 1);
                return value;
              });
              deferred.callback(2);
            }),
            "");
}

TEST_F(RapidCheckAssertions, OfAScenarioAreShrunkAndReportedLikeVerdicts) {
  const Armed now;
  const CheckResult result = checkScenario("rcTestAssert", quick("seed=1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.tape.oracle, "rc-assert");
  EXPECT_LE(result.tape.play.byteCount(), 1u) << result.text;
  EXPECT_EQ(result.text.find("not deterministic"), std::string::npos) << result.text;
  EXPECT_NE(result.text.find("RC_ASSERT(!armed"), std::string::npos) << result.text;
}

TEST_F(RapidCheckAssertions, OfAScenarioComeOutOfAChildProcessAsWell) {
  const Armed now;
  CheckOptions options = quick("seed=1");
  const CheckResult here = checkScenario("rcTestAssert", options);
  options.forked = true;
  const CheckResult there = checkScenario("rcTestAssert", options);
  EXPECT_EQ(there.tape, here.tape);
  EXPECT_EQ(there.reproduce, here.reproduce);
  EXPECT_NE(checkScenario("rcTestPre", options).text.find("Gave up"), std::string::npos);
}

TEST_F(RapidCheckAssertions, OfWhatIsPresupposedDiscardTheCase) {
  const Armed now;
  const CheckResult result = checkScenario("rcTestPre", quick("seed=1"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.text.find("Gave up"), std::string::npos) << result.text;
}

}  // namespace
}  // namespace teasel::rapidcheck
