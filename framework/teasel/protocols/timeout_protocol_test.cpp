#include <teasel/protocols/timeout_protocol.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::test::Log;
using fakes::test::Recorder;
using fakes::test::recorders;

/// A world whose host serves Recorders that time out after 10 s.
struct Served {
  Served() { world.host().reactor().listenTCP(8000, factory); }
  fakes::RemotePeer& connect(unsigned k = 0) {
    fakes::RemotePeer& peer = world.connect(k);
    world.settle();
    return peer;
  }
  Log log;
  Recorder::Does does;
  fakes::World world;
  std::shared_ptr<TimeoutFactory> factory = std::make_shared<TimeoutFactory>(world.host().reactor(), recorders(&log, &does), 10s);
};

TEST(TimeoutProtocol, EndsAConnectionOnWhichNothingPassesAndSaysSo) {
  Served served;
  fakes::RemotePeer& peer = served.connect();
  served.world.advance(10s - 1ns);
  EXPECT_FALSE(peer.sawEof());
  served.world.advance(1ns);
  EXPECT_TRUE(peer.sawEof());
  EXPECT_EQ(served.log.text(), "made lost:TimeoutError");
  EXPECT_TRUE(served.world.host().reactor().getDelayedCalls().empty());
}

TEST(TimeoutProtocol, InputBeginsThePeriodAnew) {
  Served served;
  fakes::RemotePeer& peer = served.connect();
  for (int i = 0; i < 5; ++i) {
    served.world.advance(9s);
    peer.send("x");
    served.world.settle();
  }
  EXPECT_FALSE(peer.sawEof());
  served.world.advance(10s);
  EXPECT_TRUE(peer.sawEof());
}

TEST(TimeoutProtocol, OutputBeginsThePeriodAnew) {
  Served served;
  Recorder* protocol = nullptr;
  served.does.onMade = [&](Recorder& self) { protocol = &self; };
  fakes::RemotePeer& peer = served.connect();
  served.world.advance(9s);
  protocol->transport().write("x");
  served.world.advance(9s);
  EXPECT_FALSE(peer.sawEof());
  served.world.advance(1s);
  EXPECT_TRUE(peer.sawEof());
}

TEST(TimeoutProtocol, AbortsAConnectionThatCannotBeFlushedWithinAnotherPeriod) {
  Served served;
  served.does.onMade = [](Recorder& self) { self.transport().write(std::string(1'000'000, 'x')); };
  fakes::RemotePeer& peer = served.world.connect(0);
  peer.stopReading();
  served.world.advance(19s);
  EXPECT_EQ(served.log.text(), "made");
  served.world.advance(1s);
  EXPECT_EQ(served.log.text(), "made lost:ConnectionAborted");
}

TEST(TimeoutProtocol, WithoutAPeriodAfterTheFirstHasPassedItDoesNotAbortAPeerThatDoesNotRead) {
  Served served;
  TimeoutProtocol* wrapper = nullptr;
  served.does.onMade = [&](Recorder& self) {
    wrapper = &dynamic_cast<TimeoutProtocol&>(self.transport());
    wrapper->write(std::string(1'000'000, 'x'));
  };
  served.world.connect(0).stopReading();
  served.world.advance(10s);
  ASSERT_TRUE(wrapper->disconnecting());
  EXPECT_EQ(wrapper->setTimeout(std::nullopt), 10s);
  served.world.advance(1h);
  EXPECT_EQ(served.log.text(), "made");
  EXPECT_TRUE(served.world.host().reactor().getDelayedCalls().empty());
}

TEST(TimeoutProtocol, DoesNotWaitForAProducer) {
  struct Idle final : Producer {
    void pauseProducing() override {}
    void resumeProducing() override {}
    void stopProducing() override { stopped = true; }
    bool stopped = false;
  };
  const auto idle = std::make_shared<Idle>();
  Served served;
  served.does.onMade = [&](Recorder& self) { self.transport().registerProducer(idle, true); };
  served.connect();
  served.world.advance(10s);
  EXPECT_TRUE(idle->stopped);
  EXPECT_EQ(served.log.text(), "made lost:TimeoutError");
}

TEST(TimeoutProtocol, EachConnectionHasAPeriodOfItsOwn) {
  Served served;
  fakes::RemotePeer& early = served.connect(0);
  served.world.advance(5s);
  fakes::RemotePeer& late = served.connect(1);
  served.world.advance(5s);
  EXPECT_TRUE(early.sawEof());
  EXPECT_FALSE(late.sawEof());
  served.world.advance(5s);
  EXPECT_TRUE(late.sawEof());
}

TEST(TimeoutProtocol, AConnectionThatEndsLeavesNoTimer) {
  Served served;
  served.connect().reset();
  served.world.settle();
  EXPECT_EQ(served.log.text(), "made lost:ConnectionLost");
  EXPECT_TRUE(served.world.host().reactor().getDelayedCalls().empty());
}

TEST(TimeoutProtocol, AProtocolThatIsBuiltAndNeverConnectedHasNoTimer) {
  Served served;
  const auto protocol = served.factory->buildProtocol(Address());
  EXPECT_TRUE(served.world.host().reactor().getDelayedCalls().empty());
}

TEST(TimeoutProtocol, AnOverrideSaysWhatHappensWhenThePeriodPasses) {
  struct Aborts final : TimeoutProtocol {
    Aborts(std::shared_ptr<Protocol> wrapped, std::reference_wrapper<Reactor> clock, Duration period)
        : TimeoutProtocol(std::move(wrapped), clock.get(), period) {}
    void timeoutConnection() override { transport().abortConnection(); }
  };
  Log log;
  Recorder::Does does;
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(8000, WrappingFactory::in<Aborts>(recorders(&log, &does), std::ref(reactor), Duration(1s)));
  fakes::RemotePeer& peer = world.connect(0);
  world.advance(1s);
  EXPECT_TRUE(peer.sawReset());
  EXPECT_EQ(log.text(), "made lost:ConnectionAborted");
}

TEST(TimeoutFactory, NeedsAFactoryAndAPeriodThatLiesAhead) {
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  EXPECT_THROW(TimeoutFactory(reactor, nullptr), UsageError);
  EXPECT_THROW(TimeoutFactory(reactor, std::make_shared<Factory>(), -1s), NegativeDelay);
}

}  // namespace
}  // namespace teasel
