#include <teasel/reactor/threaded_resolver.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/drivers.hpp>
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

TEST_F(ThreadedResolverTest, ThatIsReplacedWhileItLooksUpFailsTheQuestionInALaterTurn) {
  for (std::size_t i = 0; i <= ThreadedResolver::kMostAtOnce; ++i) ask("www.example");
  reactor.installResolver(std::make_unique<ThreadedResolver>(reactor, &lookUp));
  EXPECT_EQ(answers, 0);
  world.settle();
  EXPECT_EQ(answers, static_cast<int>(ThreadedResolver::kMostAtOnce) + 1);
  EXPECT_NE(failure.check<DNSLookupError>(), nullptr);
  EXPECT_STREQ(failure.what(), "cannot resolve www.example: the resolver was replaced");
  EXPECT_EQ(asked.size(), ThreadedResolver::kMostAtOnce);
}

/// Lookups in real threads, which end when the test says so if the name is "dead".
class DeadLookups : public testing::Test {
 protected:
  DeadLookups() {
    running = 0;
    end = false;
    reactor.installResolver(std::make_unique<ThreadedResolver>(reactor, &lookUp));
  }
  ~DeadLookups() override { end = true; }
  static std::vector<Address> lookUp(const std::string& name) {
    ++running;
    while (name == "dead" && !end) std::this_thread::sleep_for(1ms);
    return {Address::ipv4(10, 0, 0, 9, 0)};
  }
  Lookup ask(std::string name, Duration timeout) {
    return reactor.resolver().resolve(
        std::move(name), 80, [this](const std::vector<Address>&, const Failure& why) { why ? ++failures : ++answers; }, timeout);
  }
  template <class Done>
  bool until(Done done) {
    for (const Instant last = reactor.driver().now() + 20s; !done() && reactor.driver().now() < last;) reactor.turn(5ms);
    return done();
  }

  static inline std::atomic<std::size_t> running = 0;
  static inline std::atomic<bool> end = false;
  Reactor reactor{makeDriver()};
  std::size_t answers = 0, failures = 0;
};

TEST_F(DeadLookups, ThatNobodyWaitsForHoldUpNobody) {
  for (std::size_t i = 0; i < ThreadedResolver::kMostAtOnce; ++i) ask("dead", 10ms);
  ask("waits.from.the.beginning", 20s);
  ASSERT_TRUE(until([&] { return failures == ThreadedResolver::kMostAtOnce; }));
  ask("good.example", 20s);
  EXPECT_TRUE(until([&] { return answers == 2; }));
}

TEST_F(DeadLookups, AreBoundedAndTheirEndLetsOthersBegin) {
  for (std::size_t i = 0; i < 2 * ThreadedResolver::kMostRunning; ++i) ask("dead", 10ms);
  ASSERT_TRUE(until([&] { return failures == 2 * ThreadedResolver::kMostRunning; }));
  for (std::size_t i = running; i < ThreadedResolver::kMostRunning; ++i) ask("dead", 10ms);
  ASSERT_TRUE(until([&] { return running == ThreadedResolver::kMostRunning; }));
  ask("good.example", 20s);
  until([&, last = reactor.driver().now() + 50ms] { return answers > 0 || reactor.driver().now() > last; });
  EXPECT_EQ(answers, 0u);
  end = true;
  EXPECT_TRUE(until([&] { return answers == 1; }));
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
