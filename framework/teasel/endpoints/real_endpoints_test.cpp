#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

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

/// A socket that listens on a free port of the loopback interface of IPv6; -1 where there is none.
int listener6() {
  const int fd = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 at{};
  at.sin6_family = AF_INET6;
  at.sin6_addr = in6addr_loopback;
  if (fd < 0 || (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 && listen(fd, 5) == 0)) return fd;
  close(fd);
  return -1;
}

sockaddr_un pathAddress(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  return at;
}

/// A UNIX socket that is bound to `path`.
int boundAt(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un at = pathAddress(path);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) ADD_FAILURE() << path << ": errno " << errno;
  return fd;
}

int connectTo(int fd, const std::string& path) {
  const sockaddr_un at = pathAddress(path);
  return connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
}

/// Remembers whom its protocols are for, and what they know of their peers.
class Peers final : public Factory {
 public:
  Peers() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    built.push_back(peer);
    return std::make_shared<Knows>(*this);
  }
  std::vector<Address> built, made;

 private:
  class Knows final : public Protocol {
   public:
    explicit Knows(Peers& peers) : peers_(peers) {}
    void connectionMade() override { peers_.made.push_back(transport().getPeer()); }

   private:
    Peers& peers_;
  };
};

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
  /// A path for a socket that no file has.
  std::string freePath(const std::string& name) const {
    const std::string path = testing::TempDir() + "teasel_" + name + GetParam() + '_' + std::to_string(getpid());
    unlink(path.c_str());
    return path;
  }
  /// Listens on what systemd passes: `fd`, by its index and by its name.
  Result<std::shared_ptr<Port>> listenInherited(int fd, const std::string& domain, bool byName) {
    const int last = fd - ListenFDs::kFirst;
    const Variable pid("LISTEN_PID", std::to_string(getpid())), count("LISTEN_FDS", std::to_string(last + 1));
    std::string names;
    for (int i = 0; i < last; ++i) names += "other:";
    const Variable named("LISTEN_FDNAMES", names + "web");
    return listen(byName ? "systemd:name=web" : "systemd:domain=" + domain + ":index=" + std::to_string(last));
  }
  /// Stops the port of a descriptor that systemd passed, and closes the descriptor.
  void end(Port& port, int fd) {
    auto stopped = port.stopListening();
    ASSERT_TRUE(until([&] { return stopped.hasResult(); }));
    close(fd);
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

TEST_P(RealEndpointsTest, AnAttemptFromAnAddressOfAnotherFamilyFails) {
  const auto port = listen("tcp:0:interface=127.0.0.1").value();
  const auto endpoint =
      clientFromString(*reactor, "tcp:127.0.0.1:" + std::to_string(port->getHost().port()) + R"(:bindAddress=\:\:1)");
  auto attempt = endpoint->connect(factory<Reader>());
  ASSERT_TRUE(until([&] { return attempt.called(); }));
  EXPECT_NE(attempt.take().failure().check<ConnectBindError>(), nullptr);
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

TEST_P(RealEndpointsTest, TheFileOfAUnixSocketHasTheModeOfTheString) {
  const std::string path = freePath("mode");
  for (const auto& [argument, mode] : {std::pair(":mode=600", 0600), std::pair(":mode=640", 0640), std::pair("", 0666)}) {
    const auto port = listen("unix:" + quoteStringArgument(path) + argument).value();
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, static_cast<mode_t>(mode)) << argument;
    auto stopped = port->stopListening();
    ASSERT_TRUE(until([&] { return stopped.hasResult(); }));
  }
}

TEST_P(RealEndpointsTest, WithLockfileZeroThereIsNoLockAndAClientThatWantsOneIsRefused) {
  const std::string path = freePath("lock");
  const auto port = listen("unix:" + quoteStringArgument(path) + ":lockfile=0").value();
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(path + ".lock")));
  EXPECT_EQ(greeting("unix:" + quoteStringArgument(path)), "hello");
  const auto endpoint = clientFromString(*reactor, "unix:" + quoteStringArgument(path) + ":lockfile=1");
  auto attempt = endpoint->connect(factory<Reader>());
  ASSERT_TRUE(until([&] { return attempt.called(); }));
  EXPECT_NE(attempt.take().failure().check<BadFileError>(), nullptr);
}

TEST_P(RealEndpointsTest, AnAttemptOnAUnixSocketWhoseBacklogIsFullEndsAfterTheTimeThatItIsGiven) {
  const std::string path = freePath("full");
  const int deaf = boundAt(path);
  ASSERT_EQ(::listen(deaf, 0), 0);
  std::vector<int> others;
  for (int i = 0; i < 2; ++i) {
    others.push_back(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    static_cast<void>(connectTo(others.back(), path));
  }
  const Instant began = reactor->now();
  auto attempt = UNIXClientEndpoint(*reactor, path, 80ms).connect(factory<Reader>());
  ASSERT_TRUE(until([&] { return attempt.called(); }));
  EXPECT_NE(attempt.take().failure().check<TimeoutError>(), nullptr);
  EXPECT_GE(reactor->now() - began, 80ms);
  others.push_back(deaf);
  for (const int fd : others) close(fd);
  unlink(path.c_str());
}

TEST_P(RealEndpointsTest, TheServerKnowsThePathToWhichAUnixClientIsBound) {
  const std::string path = freePath("s"), own = freePath("c");
  const auto peers = std::make_shared<Peers>();
  const auto port = UNIXServerEndpoint(*reactor, path).listen(peers).take().value();
  const int client = boundAt(own);
  ASSERT_EQ(connectTo(client, path), 0);
  ASSERT_TRUE(until([&] { return !peers->made.empty(); }));
  EXPECT_EQ(peers->built, std::vector{Address::unixPath(own)});
  EXPECT_EQ(peers->made, std::vector{Address::unixPath(own)});
  close(client);
  unlink(own.c_str());
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

TEST_P(RealEndpointsTest, ASocketOfSystemdMayBeOneOfIpv6) {
  for (const bool byName : {false, true}) {
    const int fd = listener6();
    if (fd < 0) GTEST_SKIP() << "this system has no IPv6 on its loopback interface";
    const auto port = listenInherited(fd, "INET6", byName).value();
    EXPECT_EQ(port->getHost().host(), "::1");
    EXPECT_EQ(greeting(R"(tcp:\:\:1:)" + std::to_string(port->getHost().port())), "hello");
    end(*port, fd);
  }
}

TEST_P(RealEndpointsTest, ASocketOfSystemdMayBeAUnixSocket) {
  for (const bool byName : {false, true}) {
    const std::string path = freePath("systemd");
    const int fd = boundAt(path);
    ASSERT_EQ(::listen(fd, 5), 0);
    const auto port = listenInherited(fd, "UNIX", byName).value();
    EXPECT_EQ(port->getHost(), Address::unixPath(path));
    EXPECT_EQ(greeting("unix:" + quoteStringArgument(path)), "hello");
    end(*port, fd);
    unlink(path.c_str());
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
