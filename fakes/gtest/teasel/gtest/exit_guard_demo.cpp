// Tests that end their program in every way, for exit_guard_test. The program is linked with
// several mains.
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/gtest/seeds.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace {

using namespace teasel;

/// Ends the process in the way that its peer names.
class Ends final : public Protocol {
 public:
  void dataReceived(ByteView data) override {
    const std::string_view way = data.text();
    if (way == "exit") std::exit(0);
    if (way == "quick") std::quick_exit(0);
    if (way == "_exit") ::_exit(0);
    if (way == "_Exit") std::_Exit(0);
    if (way == "seven") ::_exit(7);
    if (way == "thread") std::thread([] { std::exit(0); }).join();
    if (way == "hang")
      for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  }
};

void meets(const char* way) {
  fakes::StringTransport peer(std::make_shared<Ends>());
  peer.feed(std::string(way));
}

TEST(Ends, ByExit) { meets("exit"); }
TEST(Ends, ByQuickExit) { meets("quick"); }
TEST(Ends, ByUnderscoreExit) { meets("_exit"); }
TEST(Ends, ByCapitalExit) { meets("_Exit"); }
TEST(Ends, BySeven) { meets("seven"); }
TEST(Ends, ByExitOfAThread) { meets("thread"); }

struct EndsInSetUp : testing::Test {
  static void SetUpTestSuite() { std::exit(0); }
};
TEST_F(EndsInSetUp, BeforeItsTest) {}

bool armed = false;
TEASEL_SCENARIO(ends, "calls exit(0), when armed, where it is told so") {
  if (armed) world.host().reactor().listenTCP(1, Factory::forProtocol<Ends>());
  world.run();
}

TEST(EndsAScenario, InRunSeeds) {
  armed = true;
  fakes::Tape tape;
  tape.scenario = "ends";
  tape.play.send(0, "exit");
  gtest::runTape(tape);
}

TEST(EndsAScenario, InAPrintedTest) {
  armed = true;
  fakes::Play play;
  play.send(0, "exit");
  EXPECT_EQ(fakes::replayFailureInChild("ends", play), "");
}

TEST(EndsAScenario, ByAHangInAPrintedTest) {
  armed = true;
  fakes::Play play;
  play.send(0, "hang");
  EXPECT_EQ(fakes::replayFailureInChild("ends", play, {}, std::chrono::seconds(1)), "");
}

TEST(EndsAScenario, NotOnceItIsMended) {
  armed = false;
  fakes::Play play;
  play.send(0, "exit");
  EXPECT_EQ(fakes::replayFailureInChild("ends", play), "");
}

/// The status with which a forked child ends.
template <class End>
int statusOf(End&& end) {
  const pid_t child = ::fork();
  if (child == 0) end();
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(LetsGo, ChildrenThatATestForks) {
  EXPECT_EQ(statusOf([] { ::_exit(0); }), 0);
  EXPECT_EQ(statusOf([] { std::_Exit(5); }), 5);
  EXPECT_EQ(statusOf([] { std::exit(0); }), 0);
}

TEST(LetsGoDeathTest, DeathTestsOfBothStyles) {
  for (const char* style : {"fast", "threadsafe"}) {
    GTEST_FLAG_SET(death_test_style, style);
    EXPECT_EXIT(std::exit(0), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(std::quick_exit(0), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(::_exit(0), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(std::_Exit(3), testing::ExitedWithCode(3), "");
  }
}

}  // namespace
