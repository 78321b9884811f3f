#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fcntl.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/drivers.hpp>
#include <teasel/endpoints/endpoint_kinds.hpp>

// Endpoint strings on the drivers of the kernel.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using Connected = std::shared_ptr<Protocol>;

class Greeter : public Protocol {
  void connectionMade() override { transport().write("hello"); }
};
class Reader : public Protocol {
 public:
  std::string received;

 private:
  void dataReceived(ByteView data) override { received += data.text(); }
};

/// A variable of the environment, for a scope.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

/// A socket that listens on a port of the loopback interface, as a parent process makes it.
int listener(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(fd, 5) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    ADD_FAILURE() << "no listener: errno " << errno;
  port = ntohs(at.sin_port);
  return fd;
}

class RealEndpointsTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string why;
    if (!driverAvailable(GetParam(), why)) GTEST_SKIP() << why;
    reactor = std::make_unique<Reactor>(makeDriver(GetParam()));
  }
  bool until(const std::function<bool()>& done) {
    for (const Instant end = reactor->now() + 20s; !done() && reactor->now() < end;) reactor->turn(50ms);
    return done();
  }
  template <class P>
  std::shared_ptr<Factory> factory() {
    auto made = Factory::forProtocol<P>();
    made->noisy = false;
    return made;
  }
  Result<std::shared_ptr<Port>> listen(const std::string& text) {
    return serverFromString(*reactor, text)->listen(factory<Greeter>()).take();
  }
  std::string greeting(const std::string& text) {
    const auto endpoint = clientFromString(*reactor, text);
    auto attempt = endpoint->connect(factory<Reader>());
    if (!until([&] { return attempt.called(); })) return "no outcome";
    const Result<Connected> result = attempt.take();
    if (!result.ok()) return result.failure().what();
    const auto reader = std::static_pointer_cast<Reader>(*result);
    until([&] { return !reader->received.empty(); });
    return reader->received;
  }
  static bool isOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

  std::unique_ptr<Reactor> reactor;
};

TEST_P(RealEndpointsTest, LocalhostIsReachedByName) {
  const auto port = listen("tcp:0:interface=127.0.0.1").value();
  const std::string number = std::to_string(port->getHost().port());
  EXPECT_EQ(greeting("tcp:localhost:" + number), "hello");
  EXPECT_EQ(greeting("tcp4:localhost:" + number), "hello");
  EXPECT_EQ(greeting("tcp:127.0.0.1:" + number), "hello");
}

TEST_P(RealEndpointsTest, ANameThatDoesNotExistIsALookupError) {
  const auto endpoint = clientFromString(*reactor, "tcp:no-such-name.invalid:80");
  auto attempt = endpoint->connect(factory<Reader>());
  ASSERT_TRUE(until([&] { return attempt.called(); }));
  EXPECT_NE(attempt.take().failure().check<DNSLookupError>(), nullptr);
}

TEST_P(RealEndpointsTest, AUnixSocketIsReachedByItsPath) {
  const std::string path = testing::TempDir() + "teasel_" + GetParam() + '_' + std::to_string(getpid());
  const auto port = listen("unix:" + quoteStringArgument(path) + ":mode=600").value();
  EXPECT_EQ(greeting("unix:" + quoteStringArgument(path)), "hello");
  EXPECT_EQ(greeting("unix:" + quoteStringArgument(path) + ":lockfile=1"), "hello");
}

TEST_P(RealEndpointsTest, AnAdoptedPortServesAndItsDescriptorIsClosedWithIt) {
  std::uint16_t number = 0;
  const int fd = listener(number);
  const auto endpoint = serverFromString(*reactor, "adopted:" + std::to_string(fd));
  const auto port = endpoint->listen(factory<Greeter>()).take().value();
  EXPECT_EQ(port->getHost().port(), number);
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC) << "its number must not become that of another";
  EXPECT_EQ(greeting("tcp:127.0.0.1:" + std::to_string(number)), "hello");
  EXPECT_NE(endpoint->listen(factory<Greeter>()).take().failure().check<AlreadyListened>(), nullptr);
  auto stopped = port->stopListening();
  ASSERT_TRUE(until([&] { return stopped.hasResult(); }));
  EXPECT_FALSE(isOpen(fd));
  EXPECT_NE(greeting("tcp:127.0.0.1:" + std::to_string(number)), "hello");
}

TEST_P(RealEndpointsTest, ADescriptorThatAPortOwnsIsNotTakenASecondTime) {
  std::uint16_t number = 0;
  const int fd = listener(number);
  const std::string text = "adopted:" + std::to_string(fd);
  auto port = listen(text).value();
  const Failure refused = listen(text).failure();
  EXPECT_NE(refused.check<AlreadyListened>(), nullptr) << refused;
  EXPECT_EQ(greeting("tcp:127.0.0.1:" + std::to_string(number)), "hello");
  port->stopListening();
  ASSERT_TRUE(until([&] { return !isOpen(fd); }));
  port = listen("tcp:0:interface=127.0.0.1").value();
  if (isOpen(fd)) EXPECT_NE(listen(text).failure().check<AlreadyListened>(), nullptr) << "the number is that of our own port";
  else EXPECT_NE(listen(text).failure().check<CannotListenError>(), nullptr);
}

TEST_P(RealEndpointsTest, WhatIsNoListeningSocketIsNotAdoptedAndStaysOpen) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_NE(listen("adopted:" + std::to_string(fd)).failure().check<CannotListenError>(), nullptr);
  EXPECT_TRUE(isOpen(fd));
  close(fd);
  EXPECT_NE(listen("adopted:" + std::to_string(fd)).failure().check<CannotListenError>(), nullptr);
}

TEST_P(RealEndpointsTest, ASocketOfSystemdIsFoundByItsIndexAndByItsName) {
  for (const bool byName : {false, true}) {
    std::uint16_t number = 0;
    const int fd = listener(number);
    const int last = fd - ListenFDs::kFirst;
    const Variable pid("LISTEN_PID", std::to_string(getpid())), count("LISTEN_FDS", std::to_string(last + 1));
    std::string names;
    for (int i = 0; i < last; ++i) names += "other:";
    const Variable named("LISTEN_FDNAMES", names + "web");
    const std::string text = byName ? "systemd:name=web" : "systemd:domain=INET:index=" + std::to_string(last);
    const auto endpoint = serverFromString(*reactor, text);
    for (int starts = 0; starts < 2; ++starts) {  // a service that ends may start again
      const auto port = endpoint->listen(factory<Greeter>()).take().value();
      EXPECT_EQ(port->getHost().port(), number);
      EXPECT_EQ(greeting("tcp:127.0.0.1:" + std::to_string(number)), "hello");
      EXPECT_NE(listen(text).failure().check<AlreadyListened>(), nullptr);
      auto stopped = port->stopListening();
      ASSERT_TRUE(until([&] { return stopped.hasResult(); }));
    }
    close(fd);
  }
}

TEST_P(RealEndpointsTest, SocketsOfSystemdAreNotPassedOnToOtherPrograms) {
  std::uint16_t number = 0;
  const int fd = listener(number);
  ASSERT_EQ(fcntl(fd, F_GETFD), 0);
  const Variable pid("LISTEN_PID", std::to_string(getpid())), count("LISTEN_FDS", std::to_string(fd - ListenFDs::kFirst + 1));
  EXPECT_EQ(reactor->driver().listenFDs().inheritedDescriptors().back(), fd);
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  close(fd);
}

TEST_P(RealEndpointsTest, ASocketOfSystemdThatIsNotThereIsRefused) {
  const Variable pid("LISTEN_PID", std::to_string(getpid())), count("LISTEN_FDS", "2"), names("LISTEN_FDNAMES", "web:admin");
  const std::pair<const char*, const char*> cases[] = {
      {"systemd:index=2", "index \"2\" is not a number from 0 to 1"},
      {"systemd:name=mail", "no socket of this name was passed to this process; there are web, admin"},
  };
  for (const auto& [text, problem] : cases) {
    try {
      serverFromString(*reactor, text);
      ADD_FAILURE() << text << " was accepted";
    } catch (const EndpointStringError& error) {
      EXPECT_EQ(error.problem(), problem);
    }
  }
}

TEST_P(RealEndpointsTest, ASocketOfAnotherProcessIsNotTaken) {
  const Variable pid("LISTEN_PID", "1"), count("LISTEN_FDS", "1");
  EXPECT_TRUE(reactor->driver().listenFDs().sockets().empty());
}

INSTANTIATE_TEST_SUITE_P(Loopback, RealEndpointsTest, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const std::string_view name : driverNames()) names.emplace_back(name);
                           return names;
                         }()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace teasel
