#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/application/run.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/endpoints/endpoints.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel {

namespace {

using fakes::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Greeter : public Protocol {
  void connectionMade() override { transport().write("hello"); }
};

/// A program on a host of a world.
class LaunchTest : public testing::Test {
 protected:
  World world;
  Reactor& reactor = world.host("server").reactor();
  std::shared_ptr<Factory> greeter = quiet();
  std::vector<std::string> complaints;

  static std::shared_ptr<Factory> quiet() {
    auto factory = Factory::forProtocol<Greeter>();
    factory->noisy = false;
    return factory;
  }
  std::unique_ptr<Launch> launch(std::vector<std::string> listen) {
    return std::make_unique<Launch>(reactor, "greeter", std::move(listen),
                                    [this](std::string_view what) { complaints.emplace_back(what); });
  }
  static void start(const std::shared_ptr<Service>& service) {
    service->privilegedStartService();
    service->startService();
  }
  bool free(int port) {
    try {
      const auto listening = reactor.listenTCP(port, greeter);
      listening->stopListening();
      return true;
    } catch (const CannotListenError&) {
      return false;
    }
  }
  std::string refusal(const std::string& description) {
    try {
      launch({description})->serve(greeter);
      return "not refused";
    } catch (const ConfigurationError& error) {
      return error.what();
    }
  }
};

}  // namespace

TEST_F(LaunchTest, ServesEveryDescriptionAndLogsWhere) {
  const LogCapture log;
  const auto service = launch({"tcp:81", "tcp:82"})->serve(greeter);
  EXPECT_TRUE(free(81));
  world.step();
  start(service);
  EXPECT_FALSE(free(81));
  EXPECT_FALSE(free(82));
  EXPECT_TRUE(log.contains("listening on ") && log.contains(":81") && log.contains(":82"));
  auto stopped = service->stopService();
  EXPECT_TRUE(world.runUntil([&] { return stopped.hasResult(); }));
  EXPECT_TRUE(stopped.take().ok());
  EXPECT_TRUE(free(81) && free(82));
}

TEST_F(LaunchTest, ListensOnNothingWhenOneOfSeveralIsInUse) {
  const auto other = reactor.listenTCP(82, greeter);
  const auto service = launch({"tcp:81", "tcp:82", "tcp:83"})->serve(greeter);
  EXPECT_THROW(start(service), CannotListenError);
  auto stopped = service->stopService();
  EXPECT_TRUE(world.runUntil([&] { return stopped.hasResult(); }));
  EXPECT_TRUE(stopped.take().ok());
  EXPECT_TRUE(free(81));
  EXPECT_TRUE(free(83));
  other->stopListening();
  world.step();
}

TEST_F(LaunchTest, RefusesADescriptionInOneLineThatNamesTheKeys) {
  const std::string port = refusal("tcp:70000");
  EXPECT_THAT(port, StartsWith("cannot listen on 'tcp:70000': "));
  EXPECT_THAT(port, HasSubstr(", at character 5; tcp has the keys port, interface, backlog"));
  EXPECT_EQ(port.find('\n'), std::string::npos);
  EXPECT_THAT(refusal("tpc:80"), HasSubstr("; the kinds are: "));
}

TEST_F(LaunchTest, RefusesToServeNowhere) { EXPECT_THROW(launch({})->serve(greeter), ConfigurationError); }

TEST_F(LaunchTest, ServesAnEndpointThatTheCallerHasMade) {
  const auto service = launch({})->serve(std::make_shared<TCP4ServerEndpoint>(reactor, 84), greeter);
  start(service);
  EXPECT_FALSE(free(84));
  auto stopped = service->stopService();
  EXPECT_TRUE(world.runUntil([&] { return stopped.hasResult(); }));
}

TEST_F(LaunchTest, FailSaysWhyOnce) {
  const auto run = launch({});
  EXPECT_FALSE(run->failed());
  run->fail("the first reason");
  run->fail("the second");
  EXPECT_TRUE(run->failed());
  EXPECT_THAT(complaints, ElementsAre("the first reason"));
}

}  // namespace teasel
