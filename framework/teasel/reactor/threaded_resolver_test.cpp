#include <teasel/reactor/threaded_resolver.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::World;

/// What the lookups were asked for. In a world they run in the test's thread.
std::vector<std::string> asked;

std::vector<Address> lookUp(const std::string& name) {
  asked.push_back(name);
  if (name == "gone.example") throw DNSLookupError("no such name");
  if (name == "bad.example") throw std::runtime_error("a fault");
  return {Address::ipv4(10, 0, 0, 9, 0)};
}

class ThreadedResolverTest : public testing::Test {
 protected:
  ThreadedResolverTest() {
    asked.clear();
    reactor.installResolver(std::make_unique<ThreadedResolver>(reactor, &lookUp));
  }
  Lookup ask(std::string name) {
    return reactor.resolver().resolve(std::move(name), 80, [this](std::vector<Address> addresses, const Failure& why) {
      ++answers;
      got = std::move(addresses);
      failure = why;
    });
  }
  World world;
  Reactor& reactor = world.host().reactor();
  int answers = 0;
  std::vector<Address> got;
  Failure failure;
};

TEST_F(ThreadedResolverTest, AnswersFromAThread) {
  ask("www.example");
  EXPECT_TRUE(asked.empty());
  world.settle();
  EXPECT_EQ(got, std::vector{Address::ipv4(10, 0, 0, 9, 80)});
  EXPECT_EQ(reactor.resolver().openQuestions(), 0u);
}

TEST_F(ThreadedResolverTest, PassesALookupErrorOnAndWrapsAnyOther) {
  ask("gone.example");
  world.settle();
  EXPECT_NE(failure.check<DNSLookupError>(), nullptr);
  EXPECT_STREQ(failure.what(), "no such name");
  ask("bad.example");
  world.settle();
  EXPECT_NE(failure.check<DNSLookupError>(), nullptr);
  EXPECT_STREQ(failure.what(), "cannot resolve bad.example: a fault");
}

TEST_F(ThreadedResolverTest, LooksAllOfManyNamesUp) {
  for (int i = 0; i < 50; ++i) ask("host" + std::to_string(i) + ".example");
  world.settle();
  EXPECT_EQ(answers, 50);
  EXPECT_EQ(asked.size(), 50u);
}

TEST_F(ThreadedResolverTest, NeverLooksUpWhatWasCancelledWhileItWaited) {
  std::vector<Lookup> lookups;
  for (std::size_t i = 0; i < 2 * ThreadedResolver::kMostAtOnce; ++i) lookups.push_back(ask("www.example"));
  for (Lookup& each : lookups) each.cancel();
  world.settle();
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(asked.size(), ThreadedResolver::kMostAtOnce);
  ask("next.example");
  world.settle();
  EXPECT_EQ(answers, 1);
}

TEST_F(ThreadedResolverTest, ThatIsReplacedWhileItLooksUpDropsTheQuestion) {
  ask("www.example");
  reactor.installResolver(std::make_unique<ThreadedResolver>(reactor, &lookUp));
  world.settle();
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(ThreadedResolverTest, AfterTheShutdownFailsInALaterTurn) {
  reactor.startRunning();
  reactor.stop();
  reactor.shutdown();
  ask("www.example");
  EXPECT_EQ(answers, 0);
  reactor.turn();
  EXPECT_EQ(answers, 1);
  EXPECT_NE(failure.check<DNSLookupError>(), nullptr);
}

TEST_F(ThreadedResolverTest, WorksAgainAfterTheHostHasCrashed) {
  for (int i = 0; i < 8; ++i) ask("www.example");
  world.host().crash();
  world.host().restart();
  world.settle();
  EXPECT_EQ(answers, 0);
  ask("next.example");
  world.settle();
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace teasel
