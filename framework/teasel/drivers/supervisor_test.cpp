#include <teasel/drivers/supervisor.hpp>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::posix {

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// What systemd is to a service: a bound socket that takes datagrams.
class FakeSupervisor {
 public:
  explicit FakeSupervisor(const std::string& address) : address_(address), descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address.data(), address.size());
    const bool abstract = address[0] == '@';
    if (abstract) at.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1));
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&at), length), 0);
  }
  FakeSupervisor(const FakeSupervisor&) = delete;
  FakeSupervisor& operator=(const FakeSupervisor&) = delete;
  ~FakeSupervisor() {
    ::close(descriptor_);
    if (address_[0] != '@') ::unlink(address_.c_str());
  }
  /// The next datagram, or "" when none is there.
  std::string next() const {
    char buffer[8192];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, MSG_DONTWAIT);
    return got < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(got));
  }

 private:
  std::string address_;
  int descriptor_;
};

std::string somewhere() { return testing::TempDir() + "teasel_notify_" + std::to_string(::getpid()); }

}  // namespace

TEST(Supervisor, GetsEachStateAsADatagram) {
  const FakeSupervisor systemd(somewhere());
  const Supervisor supervisor(somewhere());
  EXPECT_TRUE(supervisor.present());
  EXPECT_THAT(supervisor.notify("READY=1\nSTATUS=running"), IsEmpty());
  EXPECT_THAT(supervisor.notify("STOPPING=1"), IsEmpty());
  EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=running");
  EXPECT_EQ(systemd.next(), "STOPPING=1");
}

TEST(Supervisor, IsTheOneThatTheEnvironmentNames) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(Supervisor().present());
  EXPECT_THAT(Supervisor().notify("READY=1"), IsEmpty());
  const FakeSupervisor systemd(somewhere());
  ::setenv("NOTIFY_SOCKET", somewhere().c_str(), 1);
  EXPECT_THAT(Supervisor().notify("READY=1"), IsEmpty());
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_EQ(systemd.next(), "READY=1");
}

#if TEASEL_LINUX_SYSTEM
TEST(Supervisor, MayHaveAnAbstractAddressOfAnyLengthThatFits) {
  for (const std::size_t length : {sizeof(sockaddr_un::sun_path), std::size_t{24}}) {
    std::string name = "@teasel/" + std::to_string(::getpid());
    name.resize(length, 'x');
    const FakeSupervisor systemd(name);
    EXPECT_THAT(Supervisor(name).notify("READY=1"), IsEmpty());
    EXPECT_EQ(systemd.next(), "READY=1");
  }
}
#endif

TEST(Supervisor, SaysWhyItCannotBeTold) {
  EXPECT_THAT(Supervisor("vsock:2:9").notify("READY=1"), HasSubstr("'vsock:2:9': it must be an absolute path or begin with '@'"));
  EXPECT_THAT(Supervisor("/nowhere/at/all").notify("READY=1"),
              HasSubstr("'/nowhere/at/all': No such file or directory (ENOENT)"));
  EXPECT_THAT(Supervisor("/" + std::string(200, 'x')).notify("READY=1"), HasSubstr("it is longer than"));
  EXPECT_THAT(Supervisor(somewhere()).notify(std::string(Supervisor::kMaxState + 1, 'x')), HasSubstr("more than 4096 bytes"));
}

TEST(Supervisor, DoesNotHangTheProgramWhenItDoesNotRead) {
  const FakeSupervisor systemd(somewhere());
  const Supervisor supervisor(somewhere());
  std::string why;
  for (int i = 0; i < 10000 && why.empty(); ++i) why = supervisor.notify("STATUS=again");
  EXPECT_THAT(why, HasSubstr("EAGAIN"));
}

}  // namespace teasel::posix
