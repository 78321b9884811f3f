#include <teasel/protocols/timeout_mixin.hpp>

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include <teasel/core/logger.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::FakeClock;
using fakes::StringTransport;

/// Resets the timeout with every line, and notes what happens.
class Idle : public TimeoutMixin<LineReceiver> {
 public:
  explicit Idle(Clock& clock) : TimeoutMixin(clock) {}
  void connectionMade() override { setTimeout(10s); }
  void lineReceived(std::string_view line) override {
    if (line == "forever") setTimeout(std::nullopt);
    else resetTimeout();
  }
  void timeoutConnection() override {
    ++timeouts;
    if (onTimeout) onTimeout();
    else TimeoutMixin::timeoutConnection();
  }
  std::function<void()> onTimeout;
  int timeouts = 0;
};

struct Session {
  FakeClock clock;
  std::shared_ptr<Idle> protocol = std::make_shared<Idle>(clock);
  StringTransport wire{protocol};
  void advance(Duration by) {
    clock.advance(by);
    wire.settle();
  }
};

TEST(TimeoutMixin, LosesTheConnectionWhenThePeriodPasses) {
  Session session;
  session.advance(10s - 1ns);
  EXPECT_EQ(session.protocol->timeouts, 0);
  EXPECT_FALSE(session.wire.disconnecting());
  session.advance(1ns);
  EXPECT_EQ(session.protocol->timeouts, 1);
  ASSERT_TRUE(session.wire.lost());
  EXPECT_EQ(session.wire.lost()->name(), "ConnectionDone");
}

TEST(TimeoutMixin, ResetBeginsThePeriodAnew) {
  Session session;
  for (int i = 0; i < 10; ++i) {
    session.advance(9s);
    session.wire.feed("still here\r\n");
  }
  EXPECT_EQ(session.protocol->timeouts, 0);
  session.advance(10s);
  EXPECT_EQ(session.protocol->timeouts, 1);
}

TEST(TimeoutMixin, APeriodCountsFromTheCallAndNotFromTheBeginningOfTheTurn) {
  Session session;
  session.clock.callLater(1s, [&] {
    session.clock.takeTime(30s);
    session.protocol->setTimeout(5s);
    session.clock.takeTime(1s);
    session.protocol->resetTimeout();
  });
  session.advance(1s);
  session.advance(5s - 1ns);
  EXPECT_EQ(session.protocol->timeouts, 0);
  session.advance(1ns);
  EXPECT_EQ(session.protocol->timeouts, 1);
}

TEST(TimeoutMixin, SetTimeoutGivesBackWhatWasSetBefore) {
  FakeClock clock;
  Idle protocol(clock);
  EXPECT_EQ(protocol.setTimeout(3s), std::nullopt);
  EXPECT_EQ(protocol.setTimeout(5s), 3s);
  EXPECT_EQ(protocol.timeOut(), 5s);
  EXPECT_EQ(protocol.setTimeout(std::nullopt), 5s);
  EXPECT_EQ(protocol.setTimeout(std::nullopt), std::nullopt);
}

TEST(TimeoutMixin, AnotherPeriodBeginsWhenItIsSet) {
  Session session;
  session.advance(9s);
  session.protocol->setTimeout(5s);
  session.advance(4s);
  EXPECT_EQ(session.protocol->timeouts, 0);
  session.advance(1s);
  EXPECT_EQ(session.protocol->timeouts, 1);
}

TEST(TimeoutMixin, NoPeriodIsNoTimeout) {
  Session session;
  session.wire.feed("forever\r\n");
  session.advance(1h);
  session.protocol->resetTimeout();
  session.advance(1h);
  EXPECT_EQ(session.protocol->timeouts, 0);
  EXPECT_TRUE(session.clock.getDelayedCalls().empty());
}

TEST(TimeoutMixin, AfterItHasPassedResetDoesNothingAndSetBeginsAgain) {
  Session session;
  session.protocol->onTimeout = [] {};
  session.advance(10s);
  session.protocol->resetTimeout();
  session.advance(1h);
  EXPECT_EQ(session.protocol->timeouts, 1);
  EXPECT_EQ(session.protocol->setTimeout(1s), 10s);
  session.advance(1s);
  EXPECT_EQ(session.protocol->timeouts, 2);
}

TEST(TimeoutMixin, TakingThePeriodBackAfterItHasPassedDoesNothing) {
  Session session;
  session.protocol->onTimeout = [] {};
  session.advance(10s);
  EXPECT_EQ(session.protocol->setTimeout(std::nullopt), 10s);
  EXPECT_EQ(session.protocol->timeOut(), std::nullopt);
  session.advance(1h);
  EXPECT_EQ(session.protocol->timeouts, 1);
  EXPECT_TRUE(session.clock.getDelayedCalls().empty());
}

TEST(TimeoutMixin, MayBeSetAgainInTimeoutConnection) {
  Session session;
  session.protocol->onTimeout = [&] { session.protocol->setTimeout(1s); };
  session.advance(15s);
  EXPECT_EQ(session.protocol->timeouts, 6);
}

TEST(TimeoutMixin, ZeroTimesOutInTheNextTurnAndLessIsRefused) {
  Session session;
  EXPECT_THROW(session.protocol->setTimeout(-1ns), NegativeDelay);
  EXPECT_EQ(session.protocol->timeOut(), 10s) << "nothing has changed";
  session.protocol->setTimeout(0s);
  EXPECT_EQ(session.protocol->timeouts, 0) << "not inside the call";
  session.advance(0s);
  EXPECT_EQ(session.protocol->timeouts, 1);
}

TEST(TimeoutMixin, EndsWithTheConnectionAndLeavesNoTimer) {
  Session session;
  session.wire.reset();
  EXPECT_TRUE(session.clock.getDelayedCalls().empty());
  session.protocol->setTimeout(1s);
  EXPECT_TRUE(session.clock.getDelayedCalls().empty()) << "nobody would ever end it";
  EXPECT_EQ(session.protocol->timeOut(), 1s);
  session.advance(1h);
  EXPECT_EQ(session.protocol->timeouts, 0);
}

TEST(TimeoutMixin, ATimerThatAnOverrideOfConnectionLostLeavesBehindFiresForNothing) {
  class Forgetful : public Idle {
   public:
    using Idle::Idle;
    void connectionLost(const Failure&) override {}
  };
  FakeClock clock;
  const auto protocol = std::make_shared<Forgetful>(clock);
  StringTransport wire(protocol);
  wire.reset();
  EXPECT_EQ(clock.getDelayedCalls().size(), 1u);
  clock.advance(10s);
  EXPECT_EQ(protocol->timeouts, 0);
}

TEST(TimeoutMixin, EndsWithTheProtocol) {
  FakeClock clock;
  {
    Idle protocol(clock);
    protocol.setTimeout(1s);
    EXPECT_EQ(clock.getDelayedCalls().size(), 1u);
  }
  EXPECT_TRUE(clock.getDelayedCalls().empty());
}

TEST(TimeoutMixin, TheLastHandleMayBeDroppedInTimeoutConnection) {
  FakeClock clock;
  auto protocol = std::make_shared<Idle>(clock);
  StringTransport wire(protocol);
  Idle& idle = *protocol;
  int seen = 0;
  idle.onTimeout = [&] {
    idle.transport().abortConnection();
    wire.settle();
    protocol.reset();
    seen = idle.timeouts;
  };
  clock.advance(10s);
  EXPECT_EQ(seen, 1);
}

TEST(TimeoutMixin, WaitsForAPeerThatDoesNotReadUnlessItIsOverridden) {
  Session session;
  session.wire.stopReading();
  session.protocol->transport().write(std::string(200'000, 'x'));
  session.wire.settle();
  session.advance(1h);
  EXPECT_EQ(session.protocol->timeouts, 1);
  EXPECT_FALSE(session.wire.lost());
  session.protocol->onTimeout = [&] { session.protocol->transport().abortConnection(); };
  session.protocol->setTimeout(1s);
  session.advance(1s);
  ASSERT_TRUE(session.wire.lost());
  EXPECT_EQ(session.wire.lost()->name(), "ConnectionAborted");
}

TEST(TimeoutMixin, AnExceptionOutOfTimeoutConnectionIsLoggedByTheClock) {
  LogCapture log;
  Session session;
  session.protocol->onTimeout = [] { throw std::runtime_error("no more"); };
  session.advance(10s);
  EXPECT_EQ(log.flushLoggedErrors<std::runtime_error>().size(), 1u);
  EXPECT_FALSE(session.wire.lost());
}

TEST(TimeoutMixin, HandsFurtherArgumentsToItsBase) {
  class Semicolons : public TimeoutMixin<LineReceiver> {
   public:
    explicit Semicolons(Clock& clock) : TimeoutMixin(clock, ";", std::size_t{5}) {}
    void lineReceived(std::string_view) override {}
  };
  FakeClock clock;
  Semicolons protocol(clock);
  EXPECT_EQ(protocol.delimiter(), ";");
  EXPECT_EQ(protocol.maxLength(), 5u);
  static_assert(std::is_base_of_v<Protocol, TimeoutMixin<>>);
}

}  // namespace
}  // namespace teasel
