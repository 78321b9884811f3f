#include <teasel/props/watch.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/protocols/line_receiver.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::props {
namespace {

using namespace std::chrono_literals;

struct WatchTest : testing::Test {
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  std::string oracle() const { return world.verdict() == nullptr ? "" : world.verdict()->oracle; }

  template <class P, class... Args>
  void run(Watch& watch, Args&... args) {
    struct Made final : Factory {
      explicit Made(std::function<std::shared_ptr<Protocol>()> m) : make(std::move(m)) { noisy = false; }
      std::shared_ptr<Protocol> buildProtocol(const Address&) override { return make(); }
      std::function<std::shared_ptr<Protocol>()> make;
    };
    reactor.listenTCP(1, watch.over(std::make_shared<Made>([&] { return std::make_shared<P>(args...); })));
    world.run();
    watch.finish();
  }
};

struct Echo : Protocol {
  void dataReceived(ByteView data) override { transport().write(data); }
};

TEST_F(WatchTest, SeesAWholeLife) {
  Watch watch(world);
  world.play().send(0, "ab"), world.play().cut(0), world.play().send(0, "c");
  run<Echo>(watch);
  EXPECT_EQ(oracle(), "");
  ASSERT_EQ(watch.lives(), 1u);
  EXPECT_TRUE(watch.life(0).made && watch.life(0).lost);
  EXPECT_EQ(watch.life(0).deliveries, 2u);
  EXPECT_FALSE(watch.life(0).closedItself());
  EXPECT_EQ(watch.life(0).reason.name(), "ConnectionDone");
  EXPECT_EQ(world.peer(0).received(), ByteView("abc"));
}

TEST_F(WatchTest, TellsWhoClosed) {
  struct Closes : Protocol {
    void dataReceived(ByteView) override { transport().loseConnection(); }
  };
  Watch watch(world);
  world.play().send(0, "ab");
  run<Closes>(watch);
  EXPECT_EQ(watch.life(0).cause, CloseCause::kLoseConnection);
}

TEST_F(WatchTest, TellsThatATimerOfTheProtocolClosed) {
  struct Impatient : Protocol {
    explicit Impatient(Reactor& r) : reactor(r) {}
    void connectionMade() override {
      reactor.callLater(1s, [self = shared_from_this(), this] { transport().abortConnection(); });
    }
    Reactor& reactor;
  };
  Watch watch(world);
  world.play().send(0, "ab"), world.play().advance(2s);
  run<Impatient>(watch, reactor);
  EXPECT_EQ(watch.life(0).cause, CloseCause::kAbortConnection);
}

TEST_F(WatchTest, TakesAnAbortBehindALoseConnectionForAnAbort) {
  struct Both : Protocol {
    void dataReceived(ByteView) override { transport().loseConnection(), transport().abortConnection(); }
  };
  Watch watch(world);
  world.play().send(0, "a");
  run<Both>(watch);
  EXPECT_EQ(watch.life(0).cause, CloseCause::kAbortConnection);
}

TEST_F(WatchTest, TellsThatTheWriteLimitEndedTheConnection) {
  struct Writes : Protocol {
    void dataReceived(ByteView) override { transport().setWriteLimit(10), transport().write("more than ten bytes"); }
  };
  Watch watch(world);
  world.play().send(0, "a");
  run<Writes>(watch);
  EXPECT_EQ(watch.life(0).cause, CloseCause::kWriteLimit);
}

TEST_F(WatchTest, TakesACallBehindThePeersEndForThePeersClose) {
  struct Late : Protocol {
    void connectionLost(const Failure&) override { transport().loseConnection(); }
  };
  Watch watch(world);
  world.play().send(0, "a"), world.play().endOfStream(0);
  run<Late>(watch);
  EXPECT_EQ(watch.life(0).cause, CloseCause::kPeer);
}

/// Answers behind its own loseConnection.
struct Postscript : Protocol {
  void dataReceived(ByteView) override { transport().loseConnection(), transport().write("p.s."); }
};

TEST_F(WatchTest, CountsWritesBetweenLoseConnectionAndTheEnd) {
  Watch watch(world);
  world.play().send(0, "a");
  run<Postscript>(watch);
  EXPECT_EQ(oracle(), "");
  EXPECT_EQ(watch.life(0).droppedWhileClosing, 1u);
}

TEST_F(WatchTest, FindsAWriteBetweenLoseConnectionAndTheEndWhereThatIsTurnedOn) {
  Watch watch(world, {}, {.writeWhileClosing = true});
  world.play().send(0, "a");
  run<Postscript>(watch);
  EXPECT_EQ(oracle(), "write-while-closing");
  EXPECT_EQ(world.verdict()->message,
            "4 bytes are written after the protocol's own close (loseConnection) and before connectionLost: they are dropped");
}

TEST_F(WatchTest, DoesNotBlameAWriteThatThePeersEndDrops) {
  struct Answers : Protocol {
    explicit Answers(Reactor& r) : reactor(r) {}
    void dataReceived(ByteView) override {
      reactor.callLater(1s, [self = shared_from_this(), this] { transport().write("answer"); });
    }
    Reactor& reactor;
  };
  Watch watch(world, {}, {.writeWhileClosing = true});
  world.play().stopReading(0), world.play().send(0, "a"), world.play().endOfStream(0), world.play().advance(1s);
  run<Answers>(watch, reactor);
  EXPECT_EQ(watch.life(0).droppedWhileClosing, 0u);
}

/// Sets a timer with each byte and cancels the timer at the end, unless told otherwise.
struct Timed : Protocol {
  Timed(Reactor& r, bool c) : reactor(r), cancels(c) {}
  void dataReceived(ByteView) override {
    timer.cancelIfActive();
    timer = reactor.callLater(1s, [] {});
  }
  void connectionLost(const Failure&) override {
    if (cancels) timer.cancelIfActive();
  }
  Reactor& reactor;
  bool cancels;
  DelayedCall timer;
};

TEST_F(WatchTest, FindsATimerThatIsLeftBehindWhereThatIsTurnedOn) {
  Watch watch(world, {}, {.timerLeft = true});
  world.play().send(0, "a"), world.play().cut(0), world.play().send(0, "b"), world.play().endOfStream(0);
  bool cancels = false;
  run<Timed>(watch, reactor, cancels);
  EXPECT_EQ(oracle(), "timer-left");
  EXPECT_EQ(watch.life(0).timersLeft, 1u);
}

TEST_F(WatchTest, IsContentWithTimersThatAreCancelledAndWithTimersOfOthers) {
  Watch watch(world, {}, {.timerLeft = true});
  reactor.callLater(1s, [] {});
  world.play().send(0, "a"), world.play().cut(0), world.play().send(0, "b"), world.play().endOfStream(0);
  bool cancels = true;
  run<Timed>(watch, reactor, cancels);
  EXPECT_EQ(oracle(), "");
}

TEST_F(WatchTest, FindsAWriteAfterTheEnd) {
  struct Talker : Protocol {
    explicit Talker(Reactor& r) : reactor(r) {}
    void connectionMade() override {
      reactor.callLater(5s, [self = shared_from_this(), this] { transport().write("still there?"); });
    }
    Reactor& reactor;
  };
  Watch watch(world);
  world.play().connect(0), world.play().reset(0), world.play().advance(10s);
  run<Talker>(watch, reactor);
  EXPECT_EQ(oracle(), "write-after-close");
}

TEST_F(WatchTest, AFactoryIsNotCountedAnyMoreAfterACrash) {
  Watch watch(world);
  const auto served = Factory::forProtocol<Echo>();
  const auto calling = ClientFactory::forProtocol<Echo>();
  reactor.listenTCP(1, watch.over(served));
  reactor.connectTCP(world.host().address().host(), 1, watch.overClient(calling));
  world.settle();
  EXPECT_EQ(served->numPorts() + calling->numPorts(), 2);
  world.host().crash();
  EXPECT_EQ(served->numPorts() + calling->numPorts(), 0);
}

TEST_F(WatchTest, ExpectsNoEndOfAConnectionWhoseHostCrashed) {
  Watch watch(world);
  world.host().onStart([&](Reactor& r) { r.listenTCP(1, watch.over(Factory::forProtocol<Echo>())); });
  world.connect(0).send("a");
  world.settle();
  world.host().crash();
  world.host().restart();
  world.connect(1).send("b");
  world.run();
  watch.finish();
  EXPECT_EQ(oracle(), "");
  ASSERT_EQ(watch.lives(), 2u);
  EXPECT_TRUE(watch.life(0).hostCrashed() && !watch.life(0).lost);
  EXPECT_TRUE(!watch.life(1).hostCrashed() && watch.life(1).lost);
}

TEST_F(WatchTest, FindsInputThatPilesUp) {
  struct Hoarder : Protocol {
    void dataReceived(ByteView data) override { all += data.text(); }
    std::string all;
  };
  Bounds bounds;
  bounds.bufferedBytes = 10;
  bounds.buffered = [](const Protocol& p) { return static_cast<const Hoarder&>(p).all.size(); };
  Watch watch(world, bounds);
  world.play().send(0, "0123456789"), world.play().cut(0), world.play().send(0, "a");
  run<Hoarder>(watch);
  EXPECT_EQ(oracle(), "bounded-buffering");
  EXPECT_EQ(world.verdict()->message, "input buffered: 11 bytes, at most 10 are allowed");
}

TEST_F(WatchTest, FindsOutputThatPilesUp) {
  Bounds bounds;
  bounds.pendingBytes = 1000;
  Watch watch(world, bounds);
  world.play().stopReading(0);
  for (int i = 0; i < 100; ++i) world.play().send(0, std::string(2000, 'x')), world.play().cut(0);
  run<Echo>(watch);
  EXPECT_EQ(oracle(), "bounded-buffering");
}

TEST_F(WatchTest, HoldsForALineReceiverWithItsLimit) {
  struct Lines : LineReceiver {
    Lines() : LineReceiver("\r\n", 100) {}
    void lineReceived(std::string_view) override {}
    void lineLengthExceeded(std::string_view) override {}
  };
  Bounds bounds;
  bounds.bufferedBytes = 102;
  bounds.buffered = [](const Protocol& p) { return static_cast<const LineReceiver&>(p).bufferedBytes(); };
  Watch watch(world, bounds);
  for (int i = 0; i < 10; ++i) world.play().send(0, std::string(60, 'x')), world.play().cut(0);
  run<Lines>(watch);
  EXPECT_EQ(oracle(), "");
}

}  // namespace
}  // namespace teasel::props
