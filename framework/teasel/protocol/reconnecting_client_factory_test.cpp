#include <teasel/protocol/reconnecting_client_factory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/fake_clock.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using State = Connector::State;

/// A connector that the test moves.
class HandConnector final : public Connector {
 public:
  explicit HandConnector(std::shared_ptr<ClientFactory> factory) : factory_(std::move(factory)) {}
  void connect() override {
    if (state_ != State::kDisconnected) throw UsageError("connect");
    ++connects;
    state_ = State::kConnecting;
    factory_->startedConnecting(*this);
  }
  void stopConnecting() override {
    if (state_ != State::kConnecting) throw NotConnectingError("stopConnecting");
    fail(Failure(UserError("stopConnecting")));
  }
  void disconnect() override {}
  State state() const noexcept override { return state_; }
  std::string getDestination() const override { return "there"; }
  const std::shared_ptr<ClientFactory>& factory() const noexcept override { return factory_; }
  void fail(const Failure& reason = Failure(ConnectionRefusedError("refused"))) {
    state_ = State::kDisconnected;
    factory_->clientConnectionFailed(*this, reason);
  }
  void connected() { state_ = State::kConnected; }
  void lose() {
    state_ = State::kDisconnected;
    factory_->clientConnectionLost(*this, connectionLost());
  }
  int connects = 0;

 private:
  const std::shared_ptr<ClientFactory> factory_;
  State state_ = State::kDisconnected;
};

class ReconnectTest : public testing::Test {
 protected:
  fakes::FakeClock clock;
  LogCapture log;
  ReconnectOptions options{.factor = {2, 1}, .jitter = {0, 1}};
  std::shared_ptr<ReconnectingClientFactory> factory;
  std::shared_ptr<HandConnector> connector;

  void make() {
    factory = std::make_shared<ReconnectingClientFactory>(clock, options);
    connector = std::make_shared<HandConnector>(factory);
    connector->connect();
  }
  /// The attempt fails. The delay before the next one, which begins.
  Duration failOnce() {
    const Instant before = clock.now();
    connector->fail();
    clock.advanceToNext();
    return clock.now() - before;
  }
};

TEST_F(ReconnectTest, TheFirstDelayIsTheInitialOneAndLaterOnesGrowByTheFactor) {
  make();
  for (const Duration delay : {1s, 2s, 4s, 8s}) EXPECT_EQ(failOnce(), delay);
  EXPECT_EQ(connector->connects, 5);
  EXPECT_EQ(factory->retries(), 4u);
  EXPECT_EQ(factory->delay(), 8s);
}

TEST_F(ReconnectTest, AnInitialDelayOfTheUserIsTheFirstDelay) {
  options.initialDelay = 5s;
  make();
  EXPECT_EQ(failOnce(), 5s);
  EXPECT_EQ(failOnce(), 10s);
}

TEST_F(ReconnectTest, TheDelaysOfTheDocumentation) {
  options = {.jitter = {0, 1}};
  make();
  EXPECT_EQ(failOnce(), 1s);
  EXPECT_EQ(failOnce(), 2718300us);
  EXPECT_EQ(failOnce() / 1ms, 7389);
  EXPECT_EQ(failOnce() / 1ms, 20085);
  for (int i = 0; i < 20; ++i) failOnce();
  EXPECT_EQ(failOnce(), 1h);
}

TEST_F(ReconnectTest, ALostConnectionIsRetriedAsAFailedAttemptIs) {
  make();
  failOnce();
  connector->connected();
  connector->lose();
  EXPECT_EQ(factory->delay(), 2s) << "a connection alone does not reset the delay";
  clock.advance(2s);
  EXPECT_EQ(connector->connects, 3);
}

TEST_F(ReconnectTest, ResetDelayBeginsAnewAndKeepsARetryThatWaits) {
  make();
  failOnce(), failOnce();
  connector->fail();
  factory->resetDelay();
  EXPECT_EQ(factory->retries(), 0u);
  EXPECT_TRUE(factory->waiting());
  clock.advance(4s);
  EXPECT_EQ(connector->connects, 4);
  EXPECT_EQ(failOnce(), 1s);
}

TEST_F(ReconnectTest, StopTryingAfterResetDelayLeavesNoCall) {
  make();
  connector->fail();
  factory->resetDelay();
  factory->stopTrying();
  EXPECT_EQ(clock.pending(), 0u);
  EXPECT_FALSE(factory->waiting());
}

TEST_F(ReconnectTest, StopTryingTakesTheRetryBackAndMakesNoMore) {
  make();
  connector->fail();
  factory->stopTrying();
  clock.advance(100s);
  EXPECT_EQ(connector->connects, 1);
  EXPECT_FALSE(factory->continueTrying());
  factory->retry(*connector);
  EXPECT_EQ(clock.pending(), 0u);
  EXPECT_TRUE(log.contains("stopTrying was called"));
}

TEST_F(ReconnectTest, StopTryingGivesUpTheFirstAttempt) {
  make();
  factory->stopTrying();
  EXPECT_EQ(connector->state(), State::kDisconnected);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(ReconnectTest, StopTryingLeavesAConnectionAndDoesNotReplaceIt) {
  make();
  connector->connected();
  factory->stopTrying();
  EXPECT_EQ(connector->state(), State::kConnected);
  factory->resetDelay();
  connector->lose();
  EXPECT_EQ(clock.pending(), 0u) << "resetDelay does not undo stopTrying";
}

TEST_F(ReconnectTest, ResumeTryingRetriesAgain) {
  make();
  factory->stopTrying();
  factory->resumeTrying();
  factory->retry();
  clock.advance(1s);
  EXPECT_EQ(connector->connects, 2);
  EXPECT_EQ(failOnce(), 2s);
}

TEST_F(ReconnectTest, GivesUpAfterMaxRetriesUntilTheDelayIsReset) {
  options.maxRetries = 2;
  make();
  failOnce(), failOnce();
  connector->fail();
  EXPECT_EQ(clock.pending(), 0u);
  EXPECT_TRUE(log.contains("giving up there after 2 retries"));
  factory->resetDelay();
  factory->retry();
  EXPECT_TRUE(factory->waiting());
}

TEST_F(ReconnectTest, RetryWithoutAConnectorIsRefused) {
  const auto fresh = std::make_shared<ReconnectingClientFactory>(clock);
  EXPECT_THROW(fresh->retry(), UsageError);
}

TEST_F(ReconnectTest, ASecondRetryReplacesTheFirst) {
  make();
  connector->fail();
  factory->retry();
  EXPECT_EQ(clock.pending(), 1u);
  clock.advance(100s);
  EXPECT_EQ(connector->connects, 2);
}

TEST_F(ReconnectTest, AConnectorThatConnectsByItselfMeanwhileIsLeftAlone) {
  make();
  connector->fail();
  connector->connect();
  clock.advance(100s);
  EXPECT_EQ(connector->connects, 2);
}

TEST_F(ReconnectTest, TheRetryKeepsConnectorAndFactoryAliveAndItsEndFreesThem) {
  make();
  connector->fail();
  const std::weak_ptr<ReconnectingClientFactory> weak = factory;
  factory.reset(), connector.reset();
  ASSERT_FALSE(weak.expired());
  weak.lock()->stopTrying();
  EXPECT_TRUE(weak.expired());
}

TEST_F(ReconnectTest, SeveralConnectorsEachGetTheirRetry) {
  make();
  const auto other = std::make_shared<HandConnector>(factory);
  other->connect();
  connector->fail(), other->fail();
  clock.advance(100s);
  EXPECT_EQ(connector->connects, 2);
  EXPECT_EQ(other->connects, 2);
}

TEST_F(ReconnectTest, DelaysVaryWithinTheJitterAndNeverExceedTheMaximum) {
  options.jitter = {12, 100};
  options.maxDelay = 64s;
  make();
  Duration base = 1s;
  for (int i = 0; i < 200; ++i) {
    const Duration delay = failOnce();
    EXPECT_GE(delay, base * 88 / 100);
    EXPECT_LE(delay, std::min<Duration>(base * 112 / 100, 64s));
    base = std::min<Duration>(base * 2, 64s);
  }
}

TEST_F(ReconnectTest, TheJitterComesFromTheSourceOfTheUser) {
  std::vector<std::uint64_t> numbers{0, ~std::uint64_t{0}};
  options.jitter = {1, 2};
  options.factor = {1, 1};
  options.randomSource = [&numbers, i = std::size_t{0}]() mutable { return numbers[i++ % 2]; };
  make();
  EXPECT_EQ(failOnce(), 500ms);
  EXPECT_EQ(failOnce(), 1500ms - 1ns);
}

TEST_F(ReconnectTest, TheSameSeedGivesTheSameNumbersAndAnotherOneOthers) {
  const RandomSource a = seededRandom(1), b = seededRandom(1), c = seededRandom(2);
  const std::uint64_t first = a();
  EXPECT_EQ(first, b());
  EXPECT_NE(first, c());
  EXPECT_NE(first, a());
  EXPECT_EQ(seededRandom(0)(), 0xe220a8397b1dcdafU) << "the first number of SplitMix64";
}

TEST_F(ReconnectTest, TheSeedIsTheClocksTime) {
  const std::uint64_t before = seedFrom(clock);
  EXPECT_EQ(before, seedFrom(clock));
  clock.advance(1ns);
  EXPECT_NE(before, seedFrom(clock));
}

TEST_F(ReconnectTest, RefusesOptionsThatMakeNoSense) {
  const auto with = [this](const ReconnectOptions& bad) { return ReconnectingClientFactory(clock, bad).delay(); };
  EXPECT_THROW(with({.initialDelay = -1s}), NegativeDelay);
  EXPECT_THROW(with({.maxDelay = -1s}), NegativeDelay);
  EXPECT_THROW(with({.factor = {1, 2}}), UsageError);
  EXPECT_THROW(with({.factor = {1, 0}}), UsageError);
  EXPECT_THROW(with({.jitter = {3, 2}}), UsageError);
  EXPECT_THROW(with({.jitter = {0, 0}}), UsageError);
}

}  // namespace
}  // namespace teasel
