#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

class WorldNames : public testing::Test {
 protected:
  Lookup ask(std::string_view name, Duration timeout = Resolver::kTimeout) {
    const Instant began = world.now();
    return client.resolver().resolve(
        std::string(name), 80,
        [this, began](const std::vector<Address>& addresses, const Failure& why) {
          ++answers;
          got.clear();
          for (const Address& each : addresses) got += (got.empty() ? "" : " ") + each.text();
          failure = why;
          took = world.now() - began;
        },
        timeout);
  }
  std::string answer(std::string_view name) {
    const int before = answers;
    ask(name);
    world.runUntil([&] { return answers > before; });
    return failure ? failure.what() : got;
  }
  // Protocols use these until the world is gone.
  test::Log log;
  test::Recorder::Does does;
  World world;
  Reactor& server = world.host("Server").reactor();
  Reactor& client = world.host("client").reactor();
  int answers = 0;
  std::string got;
  Failure failure;
  Duration took{};
};

TEST_F(WorldNames, HostsHaveTheirNames) {
  EXPECT_EQ(answer("server"), "10.0.0.1:80");
  EXPECT_EQ(answer("CLIENT."), "10.0.0.2:80");
  EXPECT_EQ(answer("localhost"), "127.0.0.1:80");
  EXPECT_EQ(answer("LOCALHOST"), "127.0.0.1:80");
  EXPECT_EQ(answer("localhost."), "127.0.0.1:80");
}

TEST_F(WorldNames, WhatTheSystemTakesForANumberIsNoName) {
  for (const char* name : {"127.1", "0177.0.0.1"})
    EXPECT_EQ(answer(name), "cannot resolve \"" + std::string(name) + "\": its last part is a number, and it is no IP address");
}

TEST_F(WorldNames, ThereAreNoOthers) {
  EXPECT_EQ(answer("elsewhere"), "cannot resolve elsewhere: there is no such name");
  EXPECT_NE(failure.check<DNSLookupError>(), nullptr);
}

TEST_F(WorldNames, ANameHasTheAddressesThatItWasGivenInThatOrder) {
  world.names().set("www.Example", {"10.0.0.1", "fd00::a00:1"});
  EXPECT_EQ(answer("WWW.example."), "10.0.0.1:80 [fd00::a00:1]:80");
  EXPECT_EQ(took, 0s);
}

TEST_F(WorldNames, AnAnswerMayTakeTimeAndTheWorldGoesOnMeanwhile) {
  world.names().set("slow.example", NameReply({"10.0.0.1"}, 3s));
  bool ran = false;
  client.callLater(1s, [&] { ran = true; });
  EXPECT_EQ(answer("slow.example"), "10.0.0.1:80");
  EXPECT_EQ(took, 3s);
  EXPECT_TRUE(ran);
}

TEST_F(WorldNames, AnswersChange) {
  world.names().set("www.example", {"10.0.0.1"});
  EXPECT_EQ(answer("www.example"), "10.0.0.1:80");
  world.names().set("www.example", NameReply::noSuchName());
  EXPECT_EQ(answer("www.example"), "cannot resolve www.example: there is no such name");
  world.names().next("www.example", {"10.0.0.2"});
  world.names().next("www.example", NameReply::serverFailure(2s));
  EXPECT_EQ(answer("www.example"), "10.0.0.2:80");
  EXPECT_EQ(answer("www.example"), "cannot resolve www.example: the name servers failed");
  EXPECT_EQ(took, 2s);
  EXPECT_EQ(answer("www.example"), "cannot resolve www.example: there is no such name");
  EXPECT_EQ(world.names().asked("www.example"), 5u);
  world.names().set("server", {"10.0.0.9"});
  EXPECT_EQ(answer("server"), "10.0.0.9:80");
  world.names().forget("server");
  EXPECT_EQ(answer("server"), "10.0.0.1:80");
}

TEST_F(WorldNames, SilenceEndsByTheTimeOut) {
  world.names().set("lost.example", NameReply::silence());
  ask("lost.example", 7s);
  world.advance(6999ms);
  EXPECT_EQ(answers, 0);
  world.advance(1ms);
  EXPECT_NE(failure.check<DNSTimeoutError>(), nullptr);
}

TEST_F(WorldNames, ACancelledQuestionLeavesNoTimer) {
  world.names().set("slow.example", NameReply({"10.0.0.1"}, 3s));
  ask("slow.example").cancel();
  EXPECT_TRUE(client.getDelayedCalls().empty());
  world.advance(10s);
  EXPECT_EQ(answers, 0);
}

TEST_F(WorldNames, AnAddressWithoutNameIsRefused) {
  EXPECT_THROW(world.names().set("www.example", {"localhost"}), InvalidAddressError);
  EXPECT_THROW(world.names().set("www.example", NameReply({"10.0.0.1"}, -1s)), NegativeDelay);
}

TEST_F(WorldNames, AQuestionDiesWithItsHost) {
  world.names().set("slow.example", NameReply({"10.0.0.1"}, 3s));
  ask("slow.example");
  world.host("client").crash(CrashKind::kReset);
  EXPECT_EQ(client.resolver().openQuestions(), 0u);
  world.host("client").restart();
  world.advance(100s);
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(answer("slow.example"), "10.0.0.1:80");
}

TEST_F(WorldNames, AResetForgetsThem) {
  world.names().set("www.example", {"10.0.0.1"});
  world.reset();
  Reactor& first = world.host("other").reactor();
  std::vector<std::string> seen;
  for (const char* name : {"www.example", "server", "other"})
    first.resolver().resolve(name, 80, [&](const std::vector<Address>& addresses, const Failure& why) {
      seen.push_back(why ? why.name() : addresses[0].text());
    });
  world.settle();
  EXPECT_EQ(seen, (std::vector<std::string>{"DNSLookupError", "DNSLookupError", "10.0.0.1:80"}));
}

TEST_F(WorldNames, DrawnTroubleDelaysTurnsTheOrderAndFails) {
  std::set<std::string> orders;
  std::set<Duration> times;
  int failures = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    World drawn;
    drawn.choices().usePrng(seed);
    drawn.network().faults().names = {1, 8};
    drawn.names().set("www.example", {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
    Reactor& host = drawn.host().reactor();
    host.resolver().resolve("www.example", 80, [&](const std::vector<Address>& addresses, const Failure& why) {
      if (why) ++failures;
      else orders.insert(addresses[0].host());
      times.insert(drawn.network().elapsed());
    });
    drawn.advance(60s);
  }
  EXPECT_EQ(orders, (std::set<std::string>{"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
  EXPECT_GT(times.size(), 6u);
  EXPECT_GT(failures, 10);
  EXPECT_LT(failures, 100);
}

TEST_F(WorldNames, HostsHaveIpv6AddressesAsWell) {
  auto factory = Factory::forProtocol<test::Recorder>(&log, &does);
  factory->noisy = false;
  server.listenTCP(8000, factory, 50, "::");
  auto connecting = ClientFactory::forProtocol<Protocol>();
  connecting->noisy = false;
  const Address to = world.host("Server").address6();
  EXPECT_EQ(to.host(), "fd00::a00:1");
  client.connectTCP(to.host(), 8000, connecting);
  world.settle();
  EXPECT_EQ(log.text(), "made");
  world.partition("Server", "client");
  client.connectTCP(to.host(), 8000, connecting, 5s);
  world.advance(1s);
  EXPECT_EQ(log.text(), "made") << "links are for both addresses";
}

}  // namespace
}  // namespace teasel::fakes
