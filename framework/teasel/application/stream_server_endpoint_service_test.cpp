#include <teasel/application/stream_server_endpoint_service.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/gtest/matchers.hpp>
#include <teasel/gtest/results.hpp>

namespace teasel {
namespace {

using fakes::World;
using fakes::test::Echo;
using gtest::FailedWith;
using gtest::HasNoResult;
using gtest::HasSucceeded;
using gtest::SucceededWith;
using PortPtr = std::shared_ptr<Port>;

/// Answers when the test says so.
class LateEndpoint final : public StreamServerEndpoint {
 public:
  Deferred<PortPtr> listen(std::shared_ptr<Factory>) override { return outcome; }
  Deferred<PortPtr> outcome;
};

class EndpointServiceTest : public testing::Test {
 protected:
  static std::shared_ptr<Factory> echo() {
    auto factory = Factory::forProtocol<Echo>();
    factory->noisy = false;
    return factory;
  }
  std::shared_ptr<StreamServerEndpointService> serve(int port) {
    return std::make_shared<StreamServerEndpointService>(std::make_shared<TCP4ServerEndpoint>(reactor, port), echo());
  }
  bool accepts(unsigned k) {
    fakes::RemotePeer& peer = world.connect(k);
    peer.send("hello");
    world.settle();
    return peer.received() == "hello";
  }
  World world;
  Reactor& reactor = world.host().reactor();
  std::shared_ptr<LateEndpoint> late = std::make_shared<LateEndpoint>();
  std::shared_ptr<StreamServerEndpointService> slow = std::make_shared<StreamServerEndpointService>(late, echo());
};

TEST_F(EndpointServiceTest, ListensWhileItRuns) {
  const auto service = serve(8000);
  EXPECT_EQ(service->port(), nullptr);
  service->startService();
  EXPECT_TRUE(service->running());
  EXPECT_EQ(service->port()->getHost().port(), 8000);
  EXPECT_TRUE(accepts(0));
  const auto stopped = service->stopService();
  world.settle();
  EXPECT_THAT(stopped, HasSucceeded());
  EXPECT_EQ(service->port(), nullptr);
  EXPECT_FALSE(accepts(1));
}

TEST_F(EndpointServiceTest, ThePrivilegedStartListensAndTheStartDoesNotDoItAgain) {
  const auto service = serve(8000);
  service->privilegedStartService();
  const PortPtr port = service->port();
  EXPECT_TRUE(accepts(0));
  EXPECT_FALSE(service->running());
  service->startService();
  EXPECT_EQ(service->port(), port);
  service->stopService();
}

TEST_F(EndpointServiceTest, StopAfterThePrivilegedStartAloneFreesThePort) {
  const auto service = serve(8000);
  service->privilegedStartService();
  service->stopService();
  world.settle();
  EXPECT_EQ(reactor.openResources(), 0u);
}

TEST_F(EndpointServiceTest, APortInUseComesOutOfTheStart) {
  const auto first = serve(8000), second = serve(8000);
  first->startService();
  EXPECT_THROW(second->privilegedStartService(), CannotListenError);
  EXPECT_THROW(second->startService(), CannotListenError);
  EXPECT_FALSE(second->running());
  EXPECT_THAT(second->stopService(), HasSucceeded());
  first->stopService();
}

TEST_F(EndpointServiceTest, OneThatCannotListenLeavesNothingOfItsProgramListening) {
  const auto program = std::make_shared<MultiService>();
  serve(8000)->setServiceParent(program);
  serve(8001)->setServiceParent(program);
  serve(8000)->setServiceParent(program);
  EXPECT_THROW(program->privilegedStartService(), CannotListenError);
  world.settle();
  EXPECT_EQ(reactor.openResources(), 0u);
}

TEST_F(EndpointServiceTest, StartsAgainAtOnceAndAfterItsStop) {
  const auto service = serve(8000);
  for (unsigned k = 0; k < 3; ++k) {
    service->startService();
    EXPECT_TRUE(accepts(k));
    const auto stopped = service->stopService();
    if (k == 1) world.settle();
  }
  world.settle();
  EXPECT_EQ(service->factory()->numPorts(), 0);
}

TEST_F(EndpointServiceTest, WhenListeningGivesThePortNowOrLater) {
  const auto service = serve(0);
  const auto before = service->whenListening();
  EXPECT_THAT(before, HasNoResult());
  service->startService();
  EXPECT_THAT(before, SucceededWith(service->port()));
  EXPECT_THAT(service->whenListening(), SucceededWith(service->port()));
  service->stopService();
}

TEST_F(EndpointServiceTest, WaitsForAnEndpointThatIsSlow) {
  slow->startService();
  EXPECT_EQ(slow->port(), nullptr);
  const auto listening = slow->whenListening();
  const PortPtr port = reactor.listenTCP(8000, echo());
  late->outcome.callback(port);
  EXPECT_THAT(listening, SucceededWith(port));
  EXPECT_EQ(slow->port(), port);
  slow->stopService();
  EXPECT_FALSE(port->listening());
}

TEST_F(EndpointServiceTest, ALateFailureGoesToWhoWaitsAndElseIntoTheLog) {
  LogCapture log;
  slow->startService();
  const auto listening = slow->whenListening();
  late->outcome.errback(CannotListenError("no"));
  EXPECT_THAT(listening, FailedWith<CannotListenError>());
  EXPECT_TRUE(log.flushLoggedErrors().empty());
  late->outcome = Deferred<PortPtr>();
  slow->stopService();
  slow->startService();
  late->outcome.errback(CannotListenError("no"));
  EXPECT_EQ(log.flushLoggedErrors<CannotListenError>().size(), 1u);
}

TEST_F(EndpointServiceTest, WhoWaitsHearsOfAnEndpointThatFailsAtOnce) {
  const auto listening = slow->whenListening();
  late->outcome.errback(CannotListenError("no"));
  EXPECT_THROW(slow->startService(), CannotListenError);
  EXPECT_THAT(listening, FailedWith<CannotListenError>());
}

TEST_F(EndpointServiceTest, WhoWaitsHearsOfAnEndpointThatThrows) {
  struct Throwing final : StreamServerEndpoint {
    Deferred<PortPtr> listen(std::shared_ptr<Factory>) override { throw CannotListenError("no"); }
  };
  const auto service = std::make_shared<StreamServerEndpointService>(std::make_shared<Throwing>(), echo());
  const auto listening = service->whenListening();
  EXPECT_THROW(service->startService(), CannotListenError);
  EXPECT_THAT(listening, FailedWith<CannotListenError>());
}

TEST_F(EndpointServiceTest, StopCancelsAnEndpointThatIsSlow) {
  slow->startService();
  const auto listening = slow->whenListening();
  EXPECT_THAT(slow->stopService(), HasSucceeded());
  EXPECT_THAT(listening, FailedWith<CancelledError>());
  EXPECT_TRUE(late->outcome.called());
}

TEST_F(EndpointServiceTest, ACancelledListenThatFailsWithAnotherErrorIsLogged) {
  for (const bool dropped : {false, true}) {
    LogCapture log;
    late->outcome = Deferred<PortPtr>([](auto& cancelled) { cancelled.errback(std::runtime_error("cannot be undone")); });
    auto service = std::make_shared<StreamServerEndpointService>(late, echo());
    service->startService();
    if (dropped) service.reset();
    else EXPECT_THAT(service->stopService(), HasSucceeded());
    EXPECT_EQ(log.flushLoggedErrors<std::runtime_error>().size(), 1u) << (dropped ? "dropped" : "stopped");
  }
}

TEST_F(EndpointServiceTest, ACancelledListenThatSaysSoIsNotLogged) {
  LogCapture log;
  slow->startService();
  slow->stopService();
  EXPECT_TRUE(log.flushLoggedErrors().empty());
}

TEST_F(EndpointServiceTest, APortThatComesInSpiteOfTheStopIsClosed) {
  const PortPtr port = reactor.listenTCP(8000, echo());
  late->outcome = Deferred<PortPtr>([port](auto& cancelled) { cancelled.callback(port); });
  slow->startService();
  const auto stopped = slow->stopService();
  EXPECT_FALSE(port->listening());
  EXPECT_EQ(slow->port(), nullptr);
  world.settle();
  EXPECT_THAT(stopped, HasSucceeded());
}

TEST_F(EndpointServiceTest, ADroppedServiceListensNoLonger) {
  auto service = serve(8000);
  service->startService();
  service.reset();
  world.settle();
  EXPECT_EQ(reactor.openResources(), 0u);
}

TEST_F(EndpointServiceTest, RefusesNull) {
  EXPECT_THROW(StreamServerEndpointService(nullptr, echo()), UsageError);
  EXPECT_THROW(StreamServerEndpointService(late, nullptr), UsageError);
}

}  // namespace
}  // namespace teasel
