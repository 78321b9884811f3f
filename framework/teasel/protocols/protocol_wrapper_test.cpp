#include <teasel/protocols/protocol_wrapper.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/endpoints/endpoints.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using fakes::StringTransport;
using fakes::test::Log;
using fakes::test::Recorder;
using fakes::test::recorders;

TEST(ProtocolWrapper, NeedsAProtocol) { EXPECT_THROW(ProtocolWrapper(nullptr), UsageError); }

/// Turns input to upper case, and puts output into brackets.
class Loud final : public ProtocolWrapper {
 public:
  explicit Loud(std::shared_ptr<Protocol> wrapped, std::string open = "<")
      : ProtocolWrapper(std::move(wrapped)), open_(std::move(open)) {}
  void dataReceived(ByteView data) override {
    std::string loud = data.str();
    for (char& c : loud) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    ProtocolWrapper::dataReceived(loud);
  }
  void write(ByteView data) override { ProtocolWrapper::write(open_ + data.str() + ">"); }

 private:
  std::string open_;
};

TEST(ProtocolWrapper, WhatIsOverriddenIsOnTheWayBothWays) {
  StringTransport wire(std::make_shared<Loud>(std::make_shared<fakes::test::Echo>()));
  wire.feed("hello");
  EXPECT_EQ(wire.value(), "<HELLO>");
}

/// Echoes by handing its bytes over.
class Giver final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().writeOwned(data.str()); }
};

TEST(ProtocolWrapper, AnOverrideOfWriteMissesNoBytesThatAreHandedOverOrInAFile) {
  const auto loud = std::make_shared<Loud>(std::make_shared<Giver>());
  StringTransport wire(loud);
  wire.feed("mine");
  EXPECT_EQ(wire.value(), "<MINE>");
  EXPECT_FALSE(loud->writeFile(nullptr, 0, 1)) << "the caller reads the bytes and writes them";
}

TEST(ProtocolWrapper, WrappersStack) {
  StringTransport wire(std::make_shared<Loud>(std::make_shared<Loud>(std::make_shared<fakes::test::Echo>(), "[")));
  wire.feed("x");
  EXPECT_EQ(wire.value(), "<[X>>");
  wire.endOfStream();
  ASSERT_TRUE(wire.lost());
  EXPECT_EQ(wire.lost()->name(), "ConnectionDone");
}

TEST(ProtocolWrapper, LetsGoOfTheWrappedProtocolAfterConnectionLost) {
  Log log;
  Recorder::Does does;
  auto inner = std::make_shared<Recorder>(&log, &does);
  const std::weak_ptr<Recorder> weak = inner;
  const auto wrapper = std::make_shared<ProtocolWrapper>(std::move(inner));
  {
    StringTransport wire(wrapper);
    EXPECT_EQ(wrapper->wrappedProtocol(), weak.lock());
    wire.reset();
    EXPECT_EQ(wrapper->wrappedProtocol(), nullptr);
  }
  EXPECT_TRUE(weak.expired()) << "neither keeps the other";
  EXPECT_EQ(log.text(), "made lost:ConnectionLost");
}

TEST(ProtocolWrapper, DeliversNothingAfterConnectionLost) {
  Log log;
  Recorder::Does does;
  does.halfCloseable = true;
  const auto wrapper = std::make_shared<ProtocolWrapper>(std::make_shared<Recorder>(&log, &does));
  StringTransport wire(wrapper);
  wire.reset();
  wrapper->dataReceived("late");
  wrapper->readConnectionLost();
  wrapper->writeConnectionLost();
  wrapper->producingResumed();
  EXPECT_FALSE(wrapper->halfCloseable());
  EXPECT_EQ(log.text(), "made lost:ConnectionLost");
}

TEST(ProtocolWrapper, AWrapperThatThrowsInConnectionMadeKeepsTheWrappedProtocolOutOfIt) {
  struct Refuses final : ProtocolWrapper {
    using ProtocolWrapper::ProtocolWrapper;
    void connectionMade() override { throw std::runtime_error("full"); }
  };
  LogCapture logged;
  Log log;
  Recorder::Does does;
  StringTransport wire(std::make_shared<Refuses>(std::make_shared<Recorder>(&log, &does)));
  ASSERT_TRUE(wire.lost());
  EXPECT_STREQ(wire.lost()->what(), "full");
  EXPECT_EQ(log.text(), "") << "neither connectionMade nor connectionLost";
  EXPECT_EQ(logged.flushLoggedErrors<std::runtime_error>().size(), 1u);
}

TEST(ProtocolWrapper, AnExceptionOfTheWrappedProtocolAbortsTheConnection) {
  LogCapture logged;
  Log log;
  Recorder::Does does;
  does.onData = [](Recorder&, ByteView) { throw std::runtime_error("broken"); };
  StringTransport wire(std::make_shared<ProtocolWrapper>(std::make_shared<Recorder>(&log, &does)));
  wire.feed("x");
  EXPECT_TRUE(wire.sawReset());
  EXPECT_EQ(log.text(), "made got:x lost:std::runtime_error");
  EXPECT_EQ(logged.flushLoggedErrors<std::runtime_error>().size(), 1u);
}

TEST(ProtocolWrapper, SaysWhatItWraps) {
  EXPECT_EQ(Loud(std::make_shared<fakes::test::Echo>()).logPrefix(), "fakes::test::Echo ((anonymous namespace)::Loud)");
}

// Factories ---------------------------------------------------------------------------------------

TEST(WrappingFactory, NeedsAFactory) { EXPECT_THROW(WrappingFactory(nullptr), UsageError); }

TEST(WrappingFactory, WrapsEachProtocolAndKnowsThoseThatAreConnected) {
  Log log, calling;
  Recorder::Does does, greeting;
  greeting.onMade = [](Recorder& self) { self.transport().write("x"); };
  const auto inner = recorders(&log, &does);
  const auto factory = std::make_shared<WrappingFactory>(inner);
  fakes::World world;
  world.host("server").reactor().listenTCP(8000, factory);
  EXPECT_EQ(inner->numPorts(), 1) << "started";
  for (int i = 0; i < 2; ++i)
    world.host("client").reactor().connectTCP(world.host("server").address().host(), 8000,
                                              std::make_shared<fakes::test::Clients>(&calling, &greeting));
  ASSERT_TRUE(world.runUntil([&] { return log.lines.size() == 4; }));
  ASSERT_EQ(factory->protocols().size(), 2u);
  for (const auto& [number, wrapper] : factory->protocols()) {
    EXPECT_EQ(wrapper->factory(), factory);
    EXPECT_EQ(wrapper->wrappedProtocol()->factory(), inner) << number;
    EXPECT_EQ(&wrapper->wrappedProtocol()->transport(), static_cast<Transport*>(wrapper));
  }
  factory->protocols().begin()->second->abortConnection();
  ASSERT_TRUE(world.runUntil([&] { return log.lines.size() == 5; }));
  EXPECT_EQ(log.lines.back(), "lost:ConnectionAborted");
  EXPECT_EQ(factory->protocols().size(), 1u);
  EXPECT_EQ(factory->protocols().begin()->first, 2u);
}

TEST(ProtocolWrapper, AbortConnectionOfTheWrappedProtocolNamesItsCallerAndItsCause) {
  Log log;
  Recorder::Does does;
  const Failure why(std::runtime_error("full"));
  does.onData = [&](Recorder& self, ByteView) { self.transport().abortConnection(Site::here(), why); };
  StringTransport wire(std::make_shared<ProtocolWrapper>(std::make_shared<Recorder>(&log, &does)));
  wire.feed("x");
  ASSERT_TRUE(wire.lost());
  const auto* aborted = wire.lost()->check<ConnectionAborted>();
  ASSERT_NE(aborted, nullptr) << *wire.lost();
  EXPECT_EQ(aborted->site().text().substr(0, 25), "protocol_wrapper_test.cpp");
  EXPECT_TRUE(aborted->cause().same(why));
}

TEST(WrappingFactory, AFactoryThatBuildsNoProtocolHasTheConnectionClosed) {
  const auto inner = std::make_shared<Factory>();
  inner->noisy = false;
  const auto factory = std::make_shared<WrappingFactory>(inner);
  EXPECT_EQ(factory->buildProtocol(Address::ipv4(127, 0, 0, 1, 1)), nullptr);
  fakes::World world;
  world.host().reactor().listenTCP(8000, factory);
  world.play().connect(0);
  ASSERT_TRUE(world.run());
  EXPECT_TRUE(world.peer(0).sawEof());
  EXPECT_TRUE(factory->protocols().empty());
}

TEST(WrappingFactory, MayRefuseByWrappingInNothing) {
  struct Refusing final : WrappingFactory {
    using WrappingFactory::WrappingFactory;
    std::shared_ptr<ProtocolWrapper> wrap(std::shared_ptr<Protocol>) override { return nullptr; }
  };
  Log log;
  Recorder::Does does;
  const auto factory = std::make_shared<Refusing>(recorders(&log, &does));
  EXPECT_EQ(factory->buildProtocol(Address::ipv4(127, 0, 0, 1, 1)), nullptr);
}

TEST(WrappingFactory, WrapsInTheClassThatItIsTold) {
  const auto factory = WrappingFactory::in<Loud>(Factory::forProtocol<fakes::test::Echo>(), std::string("{"));
  const auto protocol = factory->buildProtocol(Address::ipv4(127, 0, 0, 1, 1));
  StringTransport wire(protocol);
  wire.feed("x");
  EXPECT_EQ(wire.value(), "{X>");
}

TEST(WrappingFactory, StartsAndStopsTheWrappedFactoryOnceAndAStartThatFailsMakesListenFail) {
  struct Starts final : Factory {
    void startFactory() override {
      if (broken) throw std::runtime_error("no disk");
      ++started;
    }
    void stopFactory() override { ++stopped; }
    bool broken = false;
    int started = 0, stopped = 0;
  };
  const auto inner = std::make_shared<Starts>();
  inner->noisy = false;
  const auto factory = std::make_shared<WrappingFactory>(inner);
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  inner->broken = true;
  EXPECT_THROW(reactor.listenTCP(8000, factory), std::runtime_error);
  inner->broken = false;
  const auto one = reactor.listenTCP(8000, factory), two = reactor.listenTCP(8001, factory);
  EXPECT_EQ(inner->started, 1);
  one->stopListening();
  two->stopListening();
  ASSERT_TRUE(world.run());
  EXPECT_EQ(inner->stopped, 1);
}

/// A client factory that notes how its attempt goes, and which protocol it hears of.
struct Client final : ClientFactory {
  explicit Client(std::string& out) : log(out) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    auto made = std::make_shared<fakes::test::Echo>();
    built = made;
    return made;
  }
  void startedConnecting(Connector&) override { log += "started "; }
  void clientConnectionMade(Connector&, const std::shared_ptr<Protocol>& protocol) override {
    log += protocol == built.lock() ? "made " : "made another ";
  }
  void clientConnectionFailed(Connector&, const Failure& why) override { log += "failed:" + why.name() + ' '; }
  void clientConnectionLost(Connector&, const Failure& why) override { log += "lost:" + why.name() + ' '; }
  std::string& log;
  std::weak_ptr<Protocol> built;  // weak, because the protocol keeps this factory
};

TEST(WrappingFactory, TellsAClientFactoryHowEachAttemptGoes) {
  std::string log;
  Log served;
  Recorder::Does does;
  does.onMade = [](Recorder& self) { self.transport().abortConnection(); };
  fakes::World world;
  world.host("server").reactor().listenTCP(8000, recorders(&served, &does));
  const auto factory = std::make_shared<WrappingFactory>(std::make_shared<Client>(log));
  Reactor& client = world.host("client").reactor();
  const std::string host = world.host("server").address().host();
  client.connectTCP(host, 8000, factory);
  ASSERT_TRUE(world.runUntil([&] { return log.find("lost") != std::string::npos; }));
  EXPECT_EQ(log, "started made lost:ConnectionLost ");
  log.clear();
  client.connectTCP(host, 8001, factory);
  ASSERT_TRUE(world.runUntil([&] { return log.find("failed") != std::string::npos; }));
  EXPECT_EQ(log, "started failed:ConnectionRefusedError ");
}

TEST(WrappingFactory, ServesEndpointsAsAnyFactory) {
  Log log;
  Recorder::Does does;
  fakes::World world;
  const auto echoes = Factory::forProtocol<fakes::test::Echo>();
  echoes->noisy = false;
  TCP4ServerEndpoint(world.host("server").reactor(), 8000).listen(echoes);
  TCP4ClientEndpoint endpoint(world.host("client").reactor(), world.host("server").address().host(), 8000);
  std::shared_ptr<Protocol> made;
  auto connected = endpoint.connect(std::make_shared<WrappingFactory>(recorders(&log, &does)))
                       .addCallback([&](std::shared_ptr<Protocol> protocol) { made = std::move(protocol); });
  ASSERT_TRUE(world.runUntil([&] { return made != nullptr; }));
  const auto wrapper = std::dynamic_pointer_cast<ProtocolWrapper>(made);
  ASSERT_NE(wrapper, nullptr);
  wrapper->write("hello");
  ASSERT_TRUE(world.runUntil([&] { return log.lines.size() == 2; }));
  EXPECT_EQ(log.text(), "made got:hello");
}

TEST(WrappingFactory, SaysWhatItWraps) {
  const auto factory = std::make_shared<WrappingFactory>(std::make_shared<Factory>());
  EXPECT_EQ(factory->logPrefix(), "Factory (WrappingFactory)");
  EXPECT_FALSE(factory->noisy);
}

}  // namespace
}  // namespace teasel
