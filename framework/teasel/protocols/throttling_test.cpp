#include <teasel/protocols/throttling.hpp>

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::test::Log;
using fakes::test::Recorder;
using fakes::test::recorders;

constexpr std::size_t kLimit = 100'000;

/// A world whose host serves Recorders, throttled. It counts what they get.
struct Throttled {
  explicit Throttled(ThrottlingOptions options) {
    does.onMade = [this](Recorder& self) { protocol = &self; };
    does.onData = [this](Recorder& self, ByteView data) {
      got += data.size();
      gotBy[&self] += data.size();
    };
    factory = std::make_shared<ThrottlingFactory>(world.host().reactor(), recorders(&log, &does), options);
    world.host().reactor().listenTCP(8000, factory);
  }
  fakes::RemotePeer& connect(unsigned k = 0) {
    fakes::RemotePeer& peer = world.connect(k);
    world.settle();
    return peer;
  }
  Log log;
  Recorder::Does does;
  Recorder* protocol = nullptr;  ///< the newest
  std::size_t got = 0;
  std::map<const Recorder*, std::size_t> gotBy;
  fakes::World world;
  std::shared_ptr<ThrottlingFactory> factory;
};

TEST(Throttling, ReadsASecondsWorthAtOnceAndThenAtTheLimit) {
  Throttled throttled({.readLimit = kLimit});
  throttled.connect().send(std::string(10 * kLimit, 'x'));
  for (std::size_t second = 0; second < 9; ++second) {
    throttled.world.settle();
    EXPECT_GE(throttled.got, (second + 1) * kLimit) << second;
    EXPECT_LE(throttled.got, (second + 1) * kLimit + fakes::SimDriver::kMaxChunk) << second;
    throttled.world.advance(1s);
  }
  throttled.world.advance(2s);
  EXPECT_EQ(throttled.got, 10 * kLimit);
}

TEST(Throttling, TheReadLimitIsOneForAllConnections) {
  Throttled throttled({.readLimit = kLimit});
  throttled.connect(0).send(std::string(2 * kLimit, 'x'));
  throttled.world.settle();
  EXPECT_TRUE(throttled.factory->readsThrottled());
  throttled.connect(1).send("late");
  throttled.world.settle();
  const std::size_t before = throttled.got;
  throttled.world.advance(500ms);
  EXPECT_LE(throttled.got, before + kLimit / 2 + fakes::SimDriver::kMaxChunk);
  throttled.world.advance(1min);
  EXPECT_EQ(throttled.got, 2 * kLimit + 4);
}

TEST(Throttling, APeerThatNeverStopsSendingLeavesTheOthersTheirShare) {
  constexpr unsigned kHogs = 3;
  Throttled throttled({.readLimit = kLimit});
  std::vector<fakes::RemotePeer*> hogs;
  std::vector<const Recorder*> readers;
  for (unsigned k = 0; k < kHogs; ++k) {
    hogs.push_back(&throttled.connect(k));
    readers.push_back(throttled.protocol);
  }
  fakes::RemotePeer& modest = throttled.connect(kHogs);
  const Recorder* const reader = throttled.protocol;
  constexpr int kSeconds = 30;
  for (int second = 0; second < kSeconds; ++second) {
    for (fakes::RemotePeer* hog : hogs) hog->send(std::string(2 * kLimit, 'x'));
    modest.send("ping");
    throttled.world.advance(1s);
    // A chunk of each hog takes about two seconds of the limit.
    EXPECT_GE(throttled.gotBy[reader] + kHogs * 4, (second + 1) * 4U) << "after " << second << " s";
  }
  for (const Recorder* hog : readers) EXPECT_GE(throttled.gotBy[hog], kSeconds * kLimit / kHogs / 2);
  EXPECT_LE(throttled.got, (kSeconds + 1) * kLimit + fakes::SimDriver::kMaxChunk);
}

TEST(Throttling, TwoConnectionsGoOnAfterThrottlingAtTheLimit) {
  Throttled throttled({.readLimit = kLimit});
  for (unsigned k = 0; k < 2; ++k) throttled.connect(k).send(std::string(5 * kLimit, 'x'));
  throttled.world.advance(1min);
  ASSERT_EQ(throttled.gotBy.size(), 2U);
  for (const auto& [reader, count] : throttled.gotBy) EXPECT_EQ(count, 5 * kLimit);
}

TEST(Throttling, LeavesAProtocolPausedThatPausedItself) {
  Throttled throttled({.readLimit = kLimit});
  throttled.connect().send(std::string(2 * kLimit, 'x'));
  throttled.world.settle();
  ASSERT_TRUE(throttled.factory->readsThrottled());
  throttled.protocol->transport().pauseProducing();
  const std::size_t before = throttled.got;
  throttled.world.advance(1min);
  EXPECT_FALSE(throttled.factory->readsThrottled());
  EXPECT_EQ(throttled.got, before);
  throttled.protocol->transport().resumeProducing();
  throttled.world.advance(1min);
  EXPECT_EQ(throttled.got, 2 * kLimit);
}

TEST(Throttling, AProtocolThatResumesItselfStaysThrottled) {
  Throttled throttled({.readLimit = kLimit});
  throttled.connect().send(std::string(3 * kLimit, 'x'));
  throttled.world.settle();
  const std::size_t before = throttled.got;
  throttled.protocol->transport().pauseProducing();
  throttled.protocol->transport().resumeProducing();
  EXPECT_FALSE(throttled.protocol->transport().paused());
  throttled.world.settle();
  EXPECT_EQ(throttled.got, before);
}

/// Writes pieces while nobody pauses it.
class Source final : public Producer {
 public:
  Source(Transport& to, Clock& clock, bool pull) : to_(to), clock_(clock), pull_(pull) {}
  ~Source() override { timer_.cancelIfActive(); }
  void pauseProducing() override { timer_.cancelIfActive(); }
  void resumeProducing() override {
    if (failing) throw std::runtime_error("no more");
    to_.write(std::string(kPiece, 'x'));
    if (!pull_) timer_ = clock_.callLater(1ms, [this] { resumeProducing(); });
  }
  void stopProducing() override { timer_.cancelIfActive(); }
  static constexpr std::size_t kPiece = 1000;
  bool failing = false;

 private:
  Transport& to_;
  Clock& clock_;
  bool pull_;
  DelayedCall timer_;
};

TEST(Throttling, PacesProducersOfBothKinds) {
  for (const bool pull : {false, true}) {
    Throttled throttled({.writeLimit = kLimit});
    fakes::RemotePeer& peer = throttled.connect();
    Transport& transport = throttled.protocol->transport();
    const auto source = std::make_shared<Source>(transport, throttled.world.host().reactor(), pull);
    transport.registerProducer(source, !pull);
    if (!pull) source->resumeProducing();
    throttled.world.advance(10s);
    EXPECT_GE(peer.receivedCount(), 10 * kLimit) << pull;
    EXPECT_LE(peer.receivedCount(), 11 * kLimit + 2 * Source::kPiece) << pull;
    peer.reset();
    throttled.world.settle();
  }
}

/// Writes down what it is told.
class Told final : public Producer {
 public:
  void pauseProducing() override { calls += "pause "; }
  void resumeProducing() override { calls += "resume "; }
  void stopProducing() override { calls += "stop "; }
  std::string calls;
};

TEST(Throttling, AProducerThatWasStoppedHearsNothingMore) {
  Throttled throttled({.writeLimit = kLimit});
  fakes::RemotePeer& peer = throttled.connect();
  peer.stopReading();
  Transport& transport = throttled.protocol->transport();
  transport.setWaterMarks(std::size_t{1} << 30, 1);
  const auto producer = std::make_shared<Told>();
  transport.registerProducer(producer, true);
  transport.write(std::string(20 * kLimit, 'x'));
  throttled.world.advance(1s);
  EXPECT_EQ(producer->calls, "pause ");
  peer.endOfStream();
  throttled.world.advance(1min);
  EXPECT_EQ(producer->calls, "pause stop ");
}

TEST(Throttling, AProducerThatAClosingConnectionRefusesIsStoppedOnly) {
  Throttled throttled({.writeLimit = kLimit});
  throttled.connect().stopReading();
  Transport& transport = throttled.protocol->transport();
  transport.write(std::string(20 * kLimit, 'x'));
  throttled.world.settle();
  transport.loseConnection();
  const auto producer = std::make_shared<Told>();
  transport.registerProducer(producer, true);
  throttled.world.advance(1min);
  EXPECT_EQ(producer->calls, "stop ");
}

TEST(Throttling, ATransportWhoseConnectionHasEndedIsNotAwaitedAsAProducer) {
  Throttled throttled({.writeLimit = kLimit});
  throttled.connect(0);
  const std::shared_ptr<Recorder> front = std::static_pointer_cast<Recorder>(throttled.protocol->shared_from_this());
  throttled.connect(1);
  Transport& source = throttled.protocol->transport();
  front->transport().registerProducer(throttled.protocol->sharedTransport(), true);
  source.abortConnection();
  throttled.world.settle();
  front->transport().loseConnection();
  throttled.world.settle();
  EXPECT_FALSE(front->transport().connected());
}

TEST(Throttling, AProducerThatThrowsWhenItIsResumedAbortsItsConnection) {
  Throttled throttled({.writeLimit = kLimit});
  throttled.world.allow<std::runtime_error>();
  throttled.connect();
  Transport& transport = throttled.protocol->transport();
  const auto source = std::make_shared<Source>(transport, throttled.world.host().reactor(), true);
  transport.registerProducer(source, false);
  throttled.world.advance(5s);
  source->failing = true;
  throttled.world.advance(5s);
  EXPECT_EQ(throttled.log.text(), "made lost:ConnectionAborted");
}

TEST(Throttling, LeavesNoTimerWhenTheLastConnectionHasEnded) {
  Throttled throttled({.readLimit = kLimit, .writeLimit = kLimit});
  fakes::RemotePeer& peer = throttled.connect();
  throttled.protocol->transport().write(std::string(2 * kLimit, 'x'));
  peer.send(std::string(2 * kLimit, 'x'));
  throttled.world.settle();
  EXPECT_FALSE(throttled.world.host().reactor().getDelayedCalls().empty());
  throttled.protocol->transport().abortConnection();
  throttled.world.settle();
  EXPECT_TRUE(throttled.world.host().reactor().getDelayedCalls().empty());
  throttled.connect(1);
  EXPECT_TRUE(throttled.factory->readsThrottled()) << "who comes again begins with what has passed";
}

TEST(Throttling, WithoutLimitsChangesNothing) {
  Throttled throttled({});
  throttled.connect().send(std::string(10 * kLimit, 'x'));
  throttled.world.settle();
  EXPECT_EQ(throttled.got, 10 * kLimit);
  EXPECT_TRUE(throttled.world.host().reactor().getDelayedCalls().empty());
}

TEST(Throttling, NeedsAFactoryAndLimitsAboveZero) {
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  EXPECT_THROW(ThrottlingFactory(reactor, nullptr, {}), UsageError);
  EXPECT_THROW(ThrottlingFactory(reactor, std::make_shared<Factory>(), {.readLimit = 0}), UsageError);
}

}  // namespace
}  // namespace teasel
