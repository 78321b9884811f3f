#include <teasel/endpoints/hostname_endpoint.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::NameReply;
using fakes::World;
using Connected = std::shared_ptr<Protocol>;

/// Counts what it hears of.
class Counting : public Factory {
 public:
  Counting() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    built.push_back(peer.host());
    if (breaking.has_value() && peer.host() == *breaking) throw std::runtime_error("no more");
    return refusing.has_value() && peer.host() == *refusing ? nullptr : std::make_shared<Protocol>();
  }
  void startFactory() override {
    if (throws) throw std::runtime_error("no file");
    ++starts;
  }
  void stopFactory() override { ++stops; }
  std::vector<std::string> built;
  std::optional<std::string> refusing, breaking;
  bool throws = false;
  int starts = 0, stops = 0;
};

/// Answers every question with the same addresses.
class Answers final : public Resolver {
 public:
  Answers(Clock& clock, std::vector<Address> addresses) : Resolver(clock), addresses_(std::move(addresses)) {}

 private:
  void ask(std::shared_ptr<Question> question) override { question->answer(addresses_); }
  std::vector<Address> addresses_;
};

class HostnameEndpointTest : public testing::Test {
 protected:
  HostnameEndpointTest() { world.names().set("www.example", {"10.0.0.1", "10.0.0.2", "10.0.0.3"}); }
  /// Makes the hosts a, b and c, which get the first three addresses, and then the client.
  static Reactor& clientBesideThree(World& world) {
    for (const char* name : {"a", "b", "c"}) world.host(name);
    return world.host("client").reactor();
  }
  void listen(const char* host) {
    auto made = Factory::forProtocol<Protocol>();
    made->noisy = false;
    world.host(host).reactor().listenTCP(80, made);
  }
  void connect(HostnameEndpoint endpoint) {
    began = world.now();
    attempt = endpoint.connect(factory);
    attempt.tapBoth([this] { took = world.now() - began; });
  }
  void connect() { connect(HostnameEndpoint(client, "www.example", 80, 10s)); }
  /// The server that the client is connected to, "" if it is not.
  std::string connected() {
    world.runUntil([&] { return attempt.called(); });
    if (attempt.value() == nullptr) return "";
    const Connected protocol = attempt.take().value();
    return protocol->transport().getPeer().host();
  }
  Failure failure() {
    EXPECT_EQ(connected(), "");
    return attempt.take().failure();
  }
  void expectNothingLeft() {
    world.settle();
    EXPECT_EQ(client.openResources(), 0u);
    EXPECT_TRUE(client.getDelayedCalls().empty());
    EXPECT_EQ(client.resolver().openQuestions(), 0u);
    EXPECT_EQ(factory->stops, factory->starts);
  }
  static std::string attemptsOf(const Failure& failure) {
    const auto* all = failure.check<ConnectionAttemptsFailed>();
    std::string text;
    if (all == nullptr) return text;
    for (const auto& each : all->attempts())
      text += each.address.text() + (each.failure.check<ConnectionRefusedError>() != nullptr ? " refused;"
                                     : each.failure.check<TimeoutError>() != nullptr         ? " timeout;"
                                                                                             : " other;");
    return text;
  }

  World world;
  Reactor& client = clientBesideThree(world);
  std::shared_ptr<Counting> factory = std::make_shared<Counting>();
  Deferred<Connected> attempt{nullptr};
  Instant began{};
  Duration took{};
};

TEST_F(HostnameEndpointTest, ConnectsToTheFirstAddressThatAccepts) {
  listen("a");
  listen("b");
  connect();
  EXPECT_FALSE(attempt.called());
  EXPECT_EQ(connected(), "10.0.0.1");
  EXPECT_EQ(took, 0s);
  world.advance(1s);
  EXPECT_EQ(factory->built, std::vector<std::string>{"10.0.0.1"});
}

TEST_F(HostnameEndpointTest, ARefusalStartsTheNextAttemptAtOnce) {
  listen("c");
  connect();
  EXPECT_EQ(connected(), "10.0.0.3");
  EXPECT_EQ(took, 0s);
  EXPECT_EQ(factory->starts, 1);
}

TEST_F(HostnameEndpointTest, AnAttemptThatTakesLongLetsTheNextOneBeginAfterAQuarterOfASecond) {
  listen("b");
  world.partition("client", "a");
  connect();
  EXPECT_EQ(connected(), "10.0.0.2");
  EXPECT_EQ(took, 250ms);
}

TEST_F(HostnameEndpointTest, TheAttemptDelayCanBeChosen) {
  listen("b");
  world.partition("client", "a");
  connect(HostnameEndpoint(client, "www.example", 80, 10s, {}, 2s));
  EXPECT_EQ(connected(), "10.0.0.2");
  EXPECT_EQ(took, 2s);
}

TEST_F(HostnameEndpointTest, AnEarlierAttemptMayStillWin) {
  listen("a");
  listen("b");
  world.latency("client", "a", 400ms);
  world.latency("client", "b", 400ms);
  connect();
  EXPECT_EQ(connected(), "10.0.0.1");
  EXPECT_EQ(took, 400ms);
  world.advance(2s);
  EXPECT_EQ(factory->built.size(), 1u);
  EXPECT_EQ(client.openResources(), 2u) << "the connector of the winner and its connection";
}

TEST_F(HostnameEndpointTest, FamiliesTakeTurns) {
  world.names().set("www.example", {"fd00::a00:1", "fd00::a00:2", "fd00::a00:3", "10.0.0.1", "10.0.0.2"});
  connect();
  EXPECT_EQ(
      attemptsOf(failure()),
      "[fd00::a00:1]:80 refused;10.0.0.1:80 refused;[fd00::a00:2]:80 refused;10.0.0.2:80 refused;[fd00::a00:3]:80 refused;");
}

TEST_F(HostnameEndpointTest, ConnectsOverIpv4WhereIpv6IsSilent) {
  listen("a");
  world.names().set("www.example", {"fd00::a00:2", "10.0.0.1"});
  world.partition("client", "b");
  connect();
  EXPECT_EQ(connected(), "10.0.0.1");
  EXPECT_EQ(took, 250ms);
}

TEST_F(HostnameEndpointTest, FailsWithTheFailureOfEveryAttempt) {
  world.partition("client", "b");
  connect();
  const Failure why = failure();
  EXPECT_EQ(attemptsOf(why), "10.0.0.1:80 refused;10.0.0.3:80 refused;10.0.0.2:80 timeout;");
  EXPECT_NE(why.check<ConnectError>(), nullptr);
  EXPECT_NE(std::string(why.what()).find("cannot connect to www.example:80: 10.0.0.1:80: "), std::string::npos) << why;
  EXPECT_EQ(took, 10s);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, FailsAtOnceWhenAllRefuse) {
  connect();
  failure();
  EXPECT_EQ(took, 0s);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, OfOneAddressHasThatFailure) {
  connect(HostnameEndpoint(client, "10.0.0.1", 80));
  EXPECT_NE(failure().check<ConnectionRefusedError>(), nullptr);
  world.partition("client", "a");
  connect(HostnameEndpoint(client, "a", 80, 3s));
  EXPECT_NE(failure().check<TimeoutError>(), nullptr);
  EXPECT_EQ(took, 3s);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, ANameThatDoesNotExistIsALookupError) {
  connect(HostnameEndpoint(client, "gone.example", 80));
  EXPECT_NE(failure().check<DNSLookupError>(), nullptr);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, TheTimeCoversTheLookup) {
  world.names().set("www.example", NameReply::silence());
  connect();
  EXPECT_NE(failure().check<TimeoutError>(), nullptr);
  EXPECT_EQ(took, 10s);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, ALookupMayBeSlow) {
  listen("b");
  world.names().set("www.example", NameReply({"10.0.0.2"}, 9s));
  connect();
  EXPECT_EQ(connected(), "10.0.0.2");
  EXPECT_EQ(took, 9s);
}

TEST_F(HostnameEndpointTest, EveryConnectAsksAgain) {
  listen("a");
  listen("b");
  world.names().next("www.example", {"10.0.0.1"});
  world.names().next("www.example", NameReply::serverFailure());
  world.names().set("www.example", {"10.0.0.2"});
  connect();
  EXPECT_EQ(connected(), "10.0.0.1");
  connect();
  EXPECT_NE(failure().check<DNSLookupError>(), nullptr);
  connect();
  EXPECT_EQ(connected(), "10.0.0.2");
  EXPECT_EQ(world.names().asked("WWW.example."), 3u);
}

TEST_F(HostnameEndpointTest, AnAddressForWhichTheFactoryBuildsNoProtocolHasFailed) {
  listen("a");
  listen("b");
  factory->refusing = "10.0.0.1";
  connect();
  EXPECT_EQ(connected(), "10.0.0.2");
}

TEST_F(HostnameEndpointTest, AnAddressForWhichBuildProtocolThrowsHasFailedWithThat) {
  world.allow<std::runtime_error>();
  listen("a");
  factory->breaking = "10.0.0.1";
  connect(HostnameEndpoint(client, "a", 80));
  EXPECT_STREQ(failure().what(), "no more");
  expectNothingLeft();
  listen("b");
  connect();
  EXPECT_EQ(connected(), "10.0.0.2");
}

TEST_F(HostnameEndpointTest, ConnectsFromTheAddressThatItIsGiven) {
  listen("a");
  const Address from = world.host("client").address().withPort(4321);
  connect(HostnameEndpoint(client, "www.example", 80, 10s, from));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_EQ(attempt.take().value()->transport().getHost(), from);
}

TEST_F(HostnameEndpointTest, AnAttemptOfAnotherFamilyThanItsBindAddressFails) {
  listen("a");
  world.names().set("www.example", {"fd00::a00:1", "10.0.0.1"});
  connect(HostnameEndpoint(client, "www.example", 80, 10s, world.host("client").address()));
  EXPECT_EQ(connected(), "10.0.0.1");
  EXPECT_EQ(factory->built, std::vector<std::string>{"10.0.0.1"});
}

TEST_F(HostnameEndpointTest, AddressesThatAreNeitherIpv4NorIpv6AreLeftOut) {
  const Address path = Address::unixPath("/run/app");
  listen("b");
  client.installResolver(std::make_unique<Answers>(client, std::vector{path, Address(), *Address::parse("10.0.0.2", 0)}));
  connect();
  EXPECT_EQ(connected(), "10.0.0.2");
  client.installResolver(std::make_unique<Answers>(client, std::vector{path, Address()}));
  connect();
  const Failure why = failure();
  EXPECT_NE(why.check<DNSLookupError>(), nullptr);
  EXPECT_STREQ(why.what(), "the name www.example has no IPv4 or IPv6 address");
}

TEST_F(HostnameEndpointTest, ABadNameIsTakenAndFailsTheConnectWithTheNameEscaped) {
  const HostnameEndpoint blank(client, "a b", 80), control(client, "a\n\xff", 80);
  connect(blank);
  const Failure why = failure();
  EXPECT_NE(why.check<DNSLookupError>(), nullptr);
  EXPECT_NE(std::string(why.what()).find("cannot resolve \"a b\""), std::string::npos) << why;
  connect(control);
  EXPECT_NE(client.describeOpen().at(0).find("connecting to a\\n\\xff:80"), std::string::npos);
  EXPECT_NE(std::string(failure().what()).find("cannot resolve \"a\\n\\xff\""), std::string::npos);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, AnIpv6LiteralStandsInBracketsInItsTexts) {
  world.partition("client", "a");
  connect(HostnameEndpoint(client, "fd00::a00:1", 80, 3s));
  EXPECT_EQ(client.describeOpen().at(0), "connecting to [fd00::a00:1]:80, waits for the resolver");
  EXPECT_STREQ(failure().what(), "connecting to [fd00::a00:1]:80 took longer than 3 s");
}

TEST_F(HostnameEndpointTest, TheFactoryIsStartedOnceAndStopsAfterTheConnection) {
  listen("c");
  connect();
  connected();
  EXPECT_EQ(factory->starts, 1);
  EXPECT_EQ(factory->stops, 0);
  world.host("c").crash(fakes::CrashKind::kReset);
  world.settle();
  EXPECT_EQ(factory->stops, 1);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, AFactoryThatCannotStartFailsTheConnect) {
  listen("a");
  factory->throws = true;
  connect();
  EXPECT_STREQ(failure().what(), "no file");
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, ImpossibleArgumentsFailAtOnce) {
  connect(HostnameEndpoint(client, "www.example", 70000));
  EXPECT_NE(attempt.take().failure().check<InvalidAddressError>(), nullptr);
  connect(HostnameEndpoint(client, "www.example", 0));
  EXPECT_NE(attempt.take().failure().check<InvalidAddressError>(), nullptr);
  connect(HostnameEndpoint(client, "www.example", 80, -1s));
  EXPECT_NE(attempt.take().failure().check<NegativeDelay>(), nullptr);
  factory = nullptr;
  connect();
  EXPECT_NE(attempt.take().failure().check<UsageError>(), nullptr);
}

TEST_F(HostnameEndpointTest, TheShutdownOfTheReactorFailsIt) {
  world.names().set("www.example", NameReply::silence());
  connect();
  client.callLater(1s, [this] { client.stop(); });
  EXPECT_NE(failure().check<UserError>(), nullptr);
  EXPECT_EQ(took, 1s);
  expectNothingLeft();
}

TEST_F(HostnameEndpointTest, SaysWhatItWaitsFor) {
  world.names().set("www.example", NameReply({"10.0.0.1"}, 1s));
  world.partition("client", "a");
  connect();
  EXPECT_EQ(client.describeOpen().at(0), "connecting to www.example:80, waits for the resolver");
  world.advance(1s);
  EXPECT_EQ(client.describeOpen().at(0), "connecting to www.example:80, 1 attempt(s) under way");
  attempt.cancel();
  EXPECT_NE(attempt.take().failure().check<ConnectingCancelledError>(), nullptr);
}

TEST_F(HostnameEndpointTest, DiesWithItsHost) {
  world.partition("client", "a");
  for (const Duration after : {0ms, 100ms, 300ms}) {
    factory = std::make_shared<Counting>();
    connect();
    world.advance(after);
    attempt = nullptr;
    world.host("client").crash(fakes::CrashKind::kReset);
    EXPECT_EQ(factory->numPorts(), 0);
    EXPECT_EQ(factory->stops, 0);
    world.host("client").restart();
    world.settle();
    EXPECT_EQ(client.openResources(), 0u);
    EXPECT_EQ(factory.use_count(), 1);
  }
  EXPECT_EQ(world.verdict(), nullptr);
}

TEST(TCP6ClientEndpointTest, ConnectsToIpv6AddressesOnly) {
  World world;
  auto serving = Factory::forProtocol<Protocol>(), connecting = Factory::forProtocol<Protocol>();
  serving->noisy = connecting->noisy = false;
  world.host("server").reactor().listenTCP(80, serving, 50, "::");
  world.names().set("www.example", {"10.0.0.1", "fd00::a00:1"});
  auto attempt = TCP6ClientEndpoint(world.host("client").reactor(), "www.example", 80).connect(connecting);
  world.runUntil([&] { return attempt.called(); });
  EXPECT_EQ(attempt.take().value()->transport().getPeer().text(), "[fd00::a00:1]:80");
}

}  // namespace
}  // namespace teasel
