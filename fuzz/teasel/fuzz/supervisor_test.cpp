#include <teasel/fuzz/supervisor.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <unistd.h>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fuzz/engine.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::fuzz {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

bool earlier = false;  // what a run leaves behind

/// Dies in the way that its peer names.
class Fragile : public Protocol {
 public:
  explicit Fragile(fakes::World& world) : world_(world) {}
  void dataReceived(ByteView data) override {
    const std::string_view way = data.text();
    world_.check(way != "bad", "bad-word");
    if (way == "abort") std::abort();
    if (way == "quiet exit") ::_exit(0);
    if (way == "second" && earlier) std::abort();
    if (way == "first") earlier = true;
    if (way == "end") ::_exit(72);
    if (way == "signal") ::raise(SIGUSR1);
  }

 private:
  fakes::World& world_;
};

class FragileFactory : public Factory {
 public:
  explicit FragileFactory(fakes::World& world) : world_(world) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Fragile>(world_); }

 private:
  fakes::World& world_;
};

TEASEL_SCENARIO(fragile, "dies as it is told") {
  world.host().reactor().listenTCP(1, std::make_shared<FragileFactory>(world));
  world.run();
}

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~SupervisorTest() override { std::filesystem::remove_all(folder_); }

  /// A campaign of these inputs. Keeps what it printed.
  int fuzz(const std::vector<std::string>& inputs) {
    const fakes::Scenario& scenario = *fakes::findScenario("fragile");
    Supervisor supervisor(scenario, {.program = "./fragile_program", .findings = folder_.string()});
    testing::internal::CaptureStderr();
    const int status = supervisor.run([&] {
      Engine engine(scenario);
      for (const std::string& input : inputs) {
        supervisor.inputBegins(input);
        if (engine.run(input) == InputOutcome::kFinding) {
          supervisor.inputFails(engine.world().verdict()->oracle, engine.world().verdict()->fault());
          std::abort();
        }
        supervisor.inputEnds();
      }
      return 0;
    });
    said_ = testing::internal::GetCapturedStderr();
    return status;
  }
  /// The one tape that was left.
  fakes::Tape tape() const {
    const std::filesystem::directory_iterator files(folder_);
    return files == std::filesystem::directory_iterator() ? fakes::Tape() : fakes::Tape::load(files->path().string());
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("teasel_supervisor_" + std::to_string(::getpid()));
  std::string said_;
};

TEST_F(SupervisorTest, SaysNothingOfACampaignInWhichNothingBreaks) {
  EXPECT_EQ(fuzz({"a", "b"}), 0);
  EXPECT_EQ(said_, "");
  EXPECT_EQ(tape(), fakes::Tape());
}

TEST_F(SupervisorTest, LeavesATapeOfACrashWithAReportAndTheNextCommand) {
  EXPECT_NE(fuzz({"a", "abort"}), 0);
  EXPECT_EQ(tape().oracle, "crash: SIGABRT");
  EXPECT_EQ(tape().target, "fragile_program");
  EXPECT_THAT(said_, AllOf(HasSubstr("teasel: an input ended the campaign (crash: SIGABRT, status "),
                           HasSubstr("./fragile_program replay " + folder_.string()), HasSubstr("./fragile_program shrink "),
                           HasSubstr("send 0 \"abort\""), HasSubstr("replayFailureInChild(\"fragile\"")));
  EXPECT_THAT(said_, Not(HasSubstr("teasel: finding")));
}

TEST_F(SupervisorTest, LeavesATapeOfAVerdict) {
  EXPECT_NE(fuzz({"bad"}), 0);
  EXPECT_EQ(tape().oracle, "bad-word");
  EXPECT_THAT(said_, AllOf(HasSubstr("teasel: finding oracle=bad-word tape=" + folder_.string()),
                           HasSubstr("EXPECT_EQ(replayFailure(\"fragile\"")));
}

TEST_F(SupervisorTest, ANormalEndInTheMiddleOfAnInputIsAFinding) {
  EXPECT_EQ(fuzz({"quiet exit"}), Supervisor::kFoundStatus);
  EXPECT_EQ(tape().oracle, "crash: exit 0");
}

TEST_F(SupervisorTest, SaysWhenACrashNeedsEarlierInputsAndPrintsNoTest) {
  EXPECT_NE(fuzz({"first", "second"}), 0);
  EXPECT_EQ(tape().oracle, "crash: unknown");
  EXPECT_THAT(said_, AllOf(HasSubstr("breaks nothing when it runs alone"), HasSubstr("There is no test to keep"),
                           Not(HasSubstr("TEST("))));
}

TEST_F(SupervisorTest, AnInterruptionIsNoFinding) {
  EXPECT_EQ(fuzz({"end"}), 72);
  EXPECT_EQ(said_, "");
}

TEST_F(SupervisorTest, SaysNothingOfAProcessThatRanNoInput) {
  Supervisor supervisor(*fakes::findScenario("fragile"), {.program = "x", .findings = folder_.string()});
  testing::internal::CaptureStderr();
  EXPECT_EQ(supervisor.run([] { return Supervisor::kFoundStatus; }), Supervisor::kFoundStatus);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(tape(), fakes::Tape());
}

TEST_F(SupervisorTest, PassesSignalsOnToTheCampaign) {
  const fakes::Scenario& scenario = *fakes::findScenario("fragile");
  Supervisor supervisor(scenario, {.program = "x", .findings = folder_.string()});
  const pid_t here = ::getpid();
  const int status = supervisor.run([&] {
    std::signal(SIGUSR1, [](int) { ::_exit(72); });
    ::kill(here, SIGUSR1);
    for (;;) ::pause();
    return 0;
  });
  EXPECT_EQ(status, 72);
}

TEST_F(SupervisorTest, ASignalFromOutsideThatEndsTheCampaignIsNoFindingAndNoSuccess) {
  Supervisor supervisor(*fakes::findScenario("fragile"), {.program = "x", .findings = folder_.string()});
  const pid_t here = ::getpid();
  testing::internal::CaptureStderr();
  const int status = supervisor.run([&] {
    supervisor.inputBegins("a");
    ::kill(here, SIGUSR2);
    for (;;) ::pause();
    return 0;
  });
  EXPECT_EQ(status, 128 + SIGUSR2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(tape(), fakes::Tape());
}

TEST_F(SupervisorTest, ASignalThatTheTargetRaisesIsAFinding) {
  EXPECT_EQ(fuzz({"signal"}), 128 + SIGUSR1);
  EXPECT_THAT(tape().oracle, HasSubstr("crash: "));
}

}  // namespace
}  // namespace teasel::fuzz
