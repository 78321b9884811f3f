#include <teasel/endpoints/endpoint_kinds.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/endpoints/haproxy_endpoint.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::World;
using Connected = std::shared_ptr<Protocol>;

class Greeter : public Protocol {
  void connectionMade() override { transport().write("hello " + transport().getPeer().host()); }
};
class Reader : public Protocol {
 public:
  std::string received;

 private:
  void dataReceived(ByteView data) override { received += data.text(); }
};

class EndpointKindsTest : public testing::Test {
 protected:
  World world;
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();

  template <class P>
  std::shared_ptr<Factory> factory() {
    auto made = Factory::forProtocol<P>();
    made->noisy = false;
    return made;
  }
  std::shared_ptr<Port> listen(std::string_view text) {
    return serverFromString(server, text)->listen(factory<Greeter>()).take().value();
  }
  /// What the server said to a client that connects there.
  std::string greeting(std::string_view text, Reactor& from) {
    std::string said = "nothing";
    auto attempt = clientFromString(from, text)->connect(factory<Reader>());
    world.runUntil([&] { return attempt.called(); });
    const Result<Connected> result = attempt.take();
    if (!result.ok()) return result.failure().what();
    const auto reader = std::static_pointer_cast<Reader>(*result);
    world.runUntil([&] { return !reader->received.empty(); });
    return reader->received;
  }
  /// The same to a client of a proxy that connects there from the server's own host.
  std::string greetingBehind(std::string_view text) {
    world.names().set("server6", {"fd00::a00:1"});
    auto attempt = clientFromString(server, text)->connect(factory<Reader>());
    world.runUntil([&] { return attempt.called(); });
    const auto reader = std::static_pointer_cast<Reader>(attempt.take().value());
    reader->transport().write("PROXY TCP4 192.0.2.7 10.0.0.1 1234 80\r\n");
    world.settle();
    return reader->received;
  }
  template <class Call>
  static EndpointStringError refused(Call&& call) {
    try {
      call();
    } catch (const EndpointStringError& error) {
      return error;
    }
    ADD_FAILURE() << "it was accepted";
    return {"", "", 0};
  }
  EndpointStringError serverRefused(std::string_view text) {
    return refused([&] { serverFromString(server, text); });
  }
  EndpointStringError clientRefused(std::string_view text) {
    return refused([&] { clientFromString(client, text); });
  }
};

TEST_F(EndpointKindsTest, TcpListensOnAllIpv4AddressesUnlessItHasAnInterface) {
  EXPECT_EQ(listen("tcp:80")->getHost().text(), "0.0.0.0:80");
  EXPECT_EQ(listen("tcp:81:127.0.0.1")->getHost().text(), "127.0.0.1:81");
  EXPECT_EQ(listen("tcp4:82:interface=10.0.0.1:backlog=5")->getHost().text(), "10.0.0.1:82");
  EXPECT_EQ(listen("tcp6:83")->getHost().text(), "[::]:83");
  EXPECT_EQ(listen(R"(tcp:84:interface=\:\:1)")->getHost().text(), "[::1]:84");
  EXPECT_GT(listen("tcp:port=0")->getHost().port(), 0);
}

TEST_F(EndpointKindsTest, TcpConnectsToANameOrAnAddress) {
  listen("tcp:80");
  EXPECT_EQ(greeting("tcp:server:80", client), "hello 10.0.0.2");
  EXPECT_EQ(greeting("tcp4:host=10.0.0.1:port=80:timeout=5", client), "hello 10.0.0.2");
  EXPECT_EQ(greeting("tcp:80:host=server", client), "hello 10.0.0.2");
  listen("tcp:80:interface=fd00\\:\\:a00\\:1");
  world.names().set("both.example", {"10.0.0.1", "fd00::a00:1"});
  EXPECT_EQ(greeting("tcp6:both.example:80", client), "hello fd00::a00:2");
  EXPECT_EQ(greeting("tcp4:both.example:80", client), "hello 10.0.0.2");
}

TEST_F(EndpointKindsTest, TheHostOfTcpMayStandWithoutItsKeyBeforeAPortWithOne) {
  listen("tcp:80");
  EXPECT_EQ(greeting("tcp:server:port=80", client), "hello 10.0.0.2");
}

TEST_F(EndpointKindsTest, TcpConnectsFromItsBindAddress) {
  listen("tcp6:80");
  listen("tcp4:81");
  world.names().set("both.example", {"10.0.0.1", "fd00::a00:1"});
  EXPECT_EQ(greeting(R"(tcp:both.example:80:bindAddress=fd00\:\:a00\:2)", client), "hello fd00::a00:2");
  EXPECT_EQ(greeting("tcp:both.example:81:bindAddress=10.0.0.2", client), "hello 10.0.0.2");
  EXPECT_NE(greeting("tcp4:server:81:bindAddress=192.0.2.1", client).find("from 192.0.2.1"), std::string::npos);
}

TEST_F(EndpointKindsTest, TheBacklogIsHowManyConnectAtOnceToAServerThatIsBusy) {
  for (const std::string backlog : {"1", "3"}) {
    const auto port = listen("tcp:80:backlog=" + backlog);
    std::vector<Deferred<Connected>> attempts;
    for (int i = 0; i < 4; ++i) attempts.push_back(clientFromString(client, "tcp:server:80")->connect(factory<Reader>()));
    std::ptrdiff_t made = 0;
    server.callLater(0s, [&] {
      world.takeTime(500ms);
      made = std::count_if(attempts.begin(), attempts.end(), [](const auto& attempt) { return attempt.called(); });
    });
    world.advance(1s);
    EXPECT_EQ(std::to_string(made), backlog);
    world.advance(200s);
    for (auto& attempt : attempts) attempt.take().value()->transport().abortConnection();
    port->stopListening();
    world.settle();
  }
}

TEST_F(EndpointKindsTest, Tcp6FailsForANameThatHasNoIpv6Address) {
  EXPECT_EQ(greeting("tcp6:server:80", client), "server has no IPv6 address");
}

TEST_F(EndpointKindsTest, UnixListensAndConnects) {
  EXPECT_EQ(listen("unix:/run/app.sock:mode=660")->getHost().text(), "unix:/run/app.sock");
  EXPECT_EQ(greeting("unix:/run/app.sock", server), "hello ");
  EXPECT_EQ(greeting("unix:/run/app.sock:lockfile=1", server), "hello ");
  EXPECT_EQ(listen("unix:@name")->getHost().text(), "unix:@name");
  EXPECT_EQ(greeting("unix:path=@name", server), "hello ");
}

TEST_F(EndpointKindsTest, HaproxyShowsTheClientOfTheProxy) {
  listen("haproxy:tcp:80:interface=0.0.0.0");
  fakes::RemotePeer& proxy = world.connect(0);
  proxy.send("PROXY TCP4 192.0.2.7 10.0.0.1 1234 80\r\n");
  world.settle();
  EXPECT_EQ(proxy.received(), "hello 192.0.2.7");
}

TEST_F(EndpointKindsTest, HaproxyWrapsAnIpv6AndAUnixEndpoint) {
  EXPECT_EQ(listen("haproxy:tcp6:80")->getHost().text(), "[::]:80");
  EXPECT_EQ(greetingBehind("tcp6:server6:80"), "hello 192.0.2.7");
  EXPECT_EQ(listen("haproxy:unix:/run/app.sock")->getHost().text(), "unix:/run/app.sock");
  EXPECT_EQ(greetingBehind("unix:/run/app.sock"), "hello 192.0.2.7");
}

TEST_F(EndpointKindsTest, WhatIsWrongIsSaidWithThePlaceAndTheKeys) {
  struct Case {
    std::string text, problem;
    std::size_t position;
  };
  const Case cases[] = {
      {"tpc:80", "there is no kind of endpoint \"tpc\" here", 0},
      {"tcp", "the key port is missing", 3},
      {"tcp:prot=80", "tcp has no key \"prot\"", 4},
      {"tcp:80:127.0.0.1:5:6", "there are more values than keys; write \"\\:\" for a colon inside a value", 19},
      {"tcp:65536", "port \"65536\" is not a number from 0 to 65535", 4},
      {"tcp:port=65616", "port \"65616\" is not a number from 0 to 65535", 9},
      {"tcp: 80", "port \" 80\" is not a number from 0 to 65535", 4},
      {"tcp:+80", "port \"+80\" is not a number from 0 to 65535", 4},
      {"tcp:-1", "port \"-1\" is not a number from 0 to 65535", 4},
      {"tcp:0x50", "port \"0x50\" is not a number from 0 to 65535", 4},
      {"tcp:http", "port \"http\" is not a number from 0 to 65535", 4},
      {"tcp:99999999999999999999", "port \"99999999999999999999\" is not a number from 0 to 65535", 4},
      {"tcp:", "port \"\" is not a number from 0 to 65535", 4},
      {"tcp:80:interface=localhost", "interface \"localhost\" is not an IP address", 17},
      {R"(tcp4:80:interface=\:\:1)", "interface \"::1\" is not an IPv4 address", 18},
      {"tcp6:80:interface=127.0.0.1", "interface \"127.0.0.1\" is not an IPv6 address", 18},
      {"tcp:80:backlog=many", "backlog \"many\" is not a number from 0 to 65535", 15},
      {"unix", "the key address is missing", 4},
      {"unix:", "address is empty", 5},
      {"unix:@", "address is empty", 5},
      {"unix:" + std::string(108, 'a'), "address has 108 bytes, and 107 are allowed", 5},
      {"unix:/a:mode=888", "mode \"888\" is not octal, from 0 to 7777", 13},
      {"unix:/a:mode=77777", "mode \"77777\" is not octal, from 0 to 7777", 13},
      {"unix:/a:lockfile=yes", "lockfile \"yes\" is not a number from 0 to 1", 17},
      {"unix:@a:lockfile=1", "an abstract name has no lock file", 17},
      {"adopted:-3", "fd \"-3\" is not a number from 0 to 1000000", 8},
      {"systemd:domain=IPX:index=0", "domain is not INET, INET6 or UNIX", 15},
      {"systemd:INET", "systemd needs index or name, and not both", 12},
      {"systemd:index=0:name=a", "systemd needs index or name, and not both", 14},
      {"haproxy:tcp:80:x=1", "tcp has no key \"x\"", 15},
      {"haproxy:haproxy:tcp:80", "haproxy cannot wrap itself", 8},
      {"haproxy", "a kind of endpoint is missing", 7},
  };
  for (const Case& each : cases) {
    const EndpointStringError error = serverRefused(each.text);
    EXPECT_EQ(error.problem(), each.problem) << each.text;
    EXPECT_EQ(error.position(), each.position) << each.text;
    EXPECT_EQ(error.kind(), EndpointStringError::Kind::kMalformed) << each.text;
  }
}

TEST_F(EndpointKindsTest, AClientStringIsCheckedAsWell) {
  struct Case {
    std::string text, problem;
    std::size_t position;
  };
  const Case cases[] = {
      {"tcp:server", "the key port is missing", 10},
      {"tcp:80:host=", "host is empty", 12},
      {"tcp:server:0", "port \"0\" is not a number from 1 to 65535", 11},
      {"tcp:server:80:timeout=-1", "timeout \"-1\" is not a number from 0 to 86400", 22},
      {"tcp:server:80:bindAddress=here", "bindAddress \"here\" is not an IP address", 26},
      {"tcp6:10.0.0.1:80", "host \"10.0.0.1\" is not an IPv6 address", 5},
      {"unix:/a:checkPID=1", "unix has no key \"checkPID\"", 8},
      {"unix:@a:lockfile=1", "an abstract name has no lock file", 17},
      {"systemd:index=0", "there is no kind of endpoint \"systemd\" here", 0},
  };
  for (const Case& each : cases) {
    const EndpointStringError error = clientRefused(each.text);
    EXPECT_EQ(error.problem(), each.problem) << each.text;
    EXPECT_EQ(error.position(), each.position) << each.text;
  }
}

TEST_F(EndpointKindsTest, AnErrorNamesTheKeysOrTheKinds) {
  EXPECT_STREQ(serverRefused("tcp:70000").what(),
               "port \"70000\" is not a number from 0 to 65535\n"
               "    tcp:70000\n"
               "        ^\n"
               "tcp has the keys port, interface, backlog");
  EXPECT_EQ(serverRefused("x").keys(), EndpointKinds().serverKinds());
  EXPECT_EQ(clientRefused("x").keys(), EndpointKinds().clientKinds());
}

TEST_F(EndpointKindsTest, KindsThatThisBuildLacksParseAndSaySo) {
  const std::pair<const char*, const char*> cases[] = {
      {"ssl:443:privateKey=key.pem", "this build of Teasel has no TLS"},
      {"tls:example.com:443", "this build of Teasel has no TLS"},
      {"stdio:", "this build of Teasel has no endpoint on standard input and output"},
      {"process:/bin/cat", "this build of Teasel has no endpoint of a child process"},
  };
  for (const auto& [text, problem] : cases) {
    const EndpointStringError error = serverRefused(text);
    EXPECT_EQ(error.problem(), problem);
    EXPECT_EQ(error.kind(), EndpointStringError::Kind::kUnavailable);
    EXPECT_EQ(clientRefused(text).problem(), problem);
  }
  EXPECT_EQ(serverRefused("ssl:a=1:a=2").kind(), EndpointStringError::Kind::kMalformed);
}

TEST_F(EndpointKindsTest, SystemdSaysWhyThereAreNoSockets) {
  const EndpointStringError error = serverRefused("systemd:domain=INET:index=0");
  EXPECT_EQ(error.kind(), EndpointStringError::Kind::kUnavailable);
  EXPECT_EQ(error.problem(), "no sockets were passed to this process: the driver world_readiness has no descriptors");
}

TEST_F(EndpointKindsTest, AdoptedFailsOnADriverWithoutDescriptors) {
  auto port = serverFromString(server, "adopted:3")->listen(factory<Greeter>());
  EXPECT_NE(port.take().failure().check<UsageError>(), nullptr);
}

TEST_F(EndpointKindsTest, NothingIsOpenedBeforeListen) {
  const auto endpoint = serverFromString(server, "tcp:80");
  EXPECT_EQ(server.openResources(), 0u);
}

TEST_F(EndpointKindsTest, AKindOfOnesOwnIsKnownToItsEndpointKindsOnly) {
  EndpointKinds kinds;
  kinds.registerServerEndpoint("double", {"port"}, [](Reactor& reactor, const EndpointArguments& given) {
    return std::make_unique<TCP4ServerEndpoint>(reactor, 2 * given.port("port"));
  });
  const auto port = kinds.serverFromString(server, "double:40")->listen(factory<Greeter>()).take().value();
  EXPECT_EQ(port->getHost().port(), 80);
  EXPECT_EQ(kinds.serverFromString(server, "haproxy:double:41")->listen(factory<Greeter>()).take().value()->getHost().port(), 82);
  EXPECT_EQ(serverRefused("double:40").position(), 0u);
}

TEST_F(EndpointKindsTest, AClientKindOfOnesOwnConnectsAndIsGivenTheReactor) {
  EndpointKinds kinds;
  Reactor* given = nullptr;
  kinds.registerClientEndpoint("double", {"host", "port"}, [&](Reactor& reactor, const EndpointArguments& arguments) {
    given = &reactor;
    return std::make_unique<TCP4ClientEndpoint>(reactor, arguments.text("host"), 2 * arguments.port("port"));
  });
  listen("tcp:80");
  auto attempt = kinds.clientFromString(client, "double:server:40")->connect(factory<Reader>());
  EXPECT_EQ(given, &client);
  world.runUntil([&] { return attempt.called(); });
  EXPECT_EQ(attempt.take().value()->transport().getPeer().port(), 80);
  EXPECT_EQ(clientRefused("double:server:40").position(), 0u);
}

TEST_F(EndpointKindsTest, ANameThatIsTakenOrImpossibleIsRefused) {
  EndpointKinds kinds;
  const EndpointKinds::ClientParser parser = [](Reactor&, const EndpointArguments&) { return nullptr; };
  EXPECT_THROW(kinds.registerClientEndpoint("tcp", {}, parser), UsageError);
  EXPECT_THROW(kinds.registerClientEndpoint("", {}, parser), UsageError);
  EXPECT_THROW(kinds.registerClientEndpoint("a:b", {}, parser), UsageError);
  EXPECT_THROW(kinds.registerClientEndpoint("new", {}, nullptr), UsageError);
  kinds.registerClientEndpoint("new", {}, parser);
  EXPECT_EQ(refused([&] { kinds.clientFromString(client, "new"); }).problem(), "the kind of endpoint new made none");
}

TEST(ProxyEndpoint, NeedsAnEndpoint) {
  World world;
  EXPECT_THROW(proxyEndpoint(world.host().reactor(), nullptr), UsageError);
}

}  // namespace
}  // namespace teasel
