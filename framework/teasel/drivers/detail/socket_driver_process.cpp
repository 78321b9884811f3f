#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include <teasel/drivers/detail/posix/host_lookup.hpp>
#include <teasel/drivers/detail/posix/port_descriptors.hpp>
#include <teasel/drivers/detail/socket_driver.hpp>
#include <teasel/reactor/threaded_resolver.hpp>

// What the drivers bring that has nothing to do with waiting: the names that the system knows, and
// the descriptors of the process.

namespace teasel::detail {

namespace {

std::optional<std::string_view> environment(const char* name) noexcept {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return std::string_view(value);
}

}  // namespace

std::unique_ptr<Resolver> SocketDriver::makeResolver(Reactor& reactor) {
  return std::make_unique<ThreadedResolver>(reactor, &posix::lookUpHost);
}

ListenFDs SocketDriver::listenFDs() {
  ListenFDs passed(environment("LISTEN_PID"), environment("LISTEN_FDS"), environment("LISTEN_FDNAMES"), getpid());
  for (const ListenFDs::Inherited& each : passed.sockets()) static_cast<void>(::fcntl(each.fd, F_SETFD, FD_CLOEXEC));
  return passed;
}

bool SocketDriver::takeInherited(int fd, bool closes) {
  if (!posix::ownForPort(fd)) return false;
  taken_ = fd;
  closesTaken_ = closes;
  return true;
}

void SocketDriver::giveBackInherited(int fd) noexcept {
  if (taken_ != fd) return;
  taken_ = -1;
  posix::disownForPort(fd);
}

/// The port is over. Its own descriptor is closed by retire().
void SocketDriver::disownPort(SocketEntry& port) noexcept {
  posix::disownForPort(port.descriptor);
  const int source = std::exchange(port.setup->source, -1);
  if (source < 0) return;
  posix::disownForPort(source);
  if (port.setup->closesSource) ::close(source);
}

}  // namespace teasel::detail
