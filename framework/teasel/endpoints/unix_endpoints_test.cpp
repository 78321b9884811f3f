#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/endpoints/endpoint_kinds.hpp>
#include <teasel/endpoints/endpoints.hpp>
#include <teasel/fakes/world/world.hpp>

// Endpoints on UNIX sockets in a world.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::World;
using Connected = std::shared_ptr<Protocol>;

class UnixEndpointTest : public testing::Test {
 protected:
  static std::shared_ptr<Factory> quiet() {
    auto factory = Factory::forProtocol<Protocol>();
    factory->noisy = false;
    return factory;
  }
  std::shared_ptr<Port> listen(std::string_view text) { return serverFromString(reactor, text)->listen(quiet()).take().value(); }
  Failure failureAt(const std::string& path, bool checkPID = false) {
    auto attempt = UNIXClientEndpoint(reactor, path, 30s, checkPID).connect(quiet());
    world.runUntil([&] { return attempt.called(); });
    return attempt.take().failure();
  }
  std::string open() const {
    std::string text;
    for (const std::string& line : reactor.describeOpen()) text += line + '\n';
    return text;
  }
  World world;
  Reactor& reactor = world.host().reactor();
};

TEST_F(UnixEndpointTest, ConnectFailsWhereNobodyListens) {
  EXPECT_NE(failureAt("/run/app").check<UnknownHostError>(), nullptr);
  EXPECT_NE(failureAt(std::string("\0app", 4)).check<ConnectionRefusedError>(), nullptr);
}

TEST_F(UnixEndpointTest, CancelGivesUpTheAttempt) {
  const auto port = listen("unix:/run/app");
  auto attempt = UNIXClientEndpoint(reactor, "/run/app").connect(quiet());
  attempt.cancel();
  EXPECT_NE(attempt.take().failure().check<ConnectingCancelledError>(), nullptr);
  world.settle();
  EXPECT_EQ(reactor.openResources(), 1u) << open();
}

TEST_F(UnixEndpointTest, ConnectFailsAtOnceForAnImpossiblePath) {
  auto attempt = UNIXClientEndpoint(reactor, std::string(108, 'p')).connect(quiet());
  EXPECT_NE(attempt.take().failure().check<InvalidAddressError>(), nullptr);
}

TEST_F(UnixEndpointTest, ListenFailsOnAPathInUse) {
  listen("unix:/run/app");
  auto second = UNIXServerEndpoint(reactor, "/run/app").listen(quiet());
  EXPECT_NE(second.take().failure().check<CannotListenError>(), nullptr);
}

TEST_F(UnixEndpointTest, WithLockfileZeroNoLockIsTakenAndAClientThatWantsOneIsRefused) {
  listen("unix:/run/app:lockfile=0");
  EXPECT_NE(failureAt("/run/app", true).check<BadFileError>(), nullptr);
  auto attempt = clientFromString(reactor, "unix:/run/app:lockfile=1")->connect(quiet());
  world.runUntil([&] { return attempt.called(); });
  EXPECT_NE(attempt.take().failure().check<BadFileError>(), nullptr);
}

TEST_F(UnixEndpointTest, APortAndItsConnectionsDescribeThemselvesWithThePath) {
  const auto port = listen("unix:/run/app");
  auto attempt = UNIXClientEndpoint(reactor, "/run/app").connect(quiet());
  world.runUntil([&] { return attempt.called(); });
  world.settle();
  const std::string text = open();
  EXPECT_NE(text.find("port unix:/run/app"), std::string::npos) << text;
  EXPECT_NE(text.find("connection unix:/run/app"), std::string::npos) << text;
  EXPECT_NE(text.find("connector to unix:/run/app, connected"), std::string::npos) << text;
}

}  // namespace
}  // namespace teasel
