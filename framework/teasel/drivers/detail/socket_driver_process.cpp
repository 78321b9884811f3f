#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string_view>

#include <teasel/drivers/detail/posix/host_lookup.hpp>
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
  return ListenFDs(environment("LISTEN_PID"), environment("LISTEN_FDS"), environment("LISTEN_FDNAMES"), getpid());
}

void SocketDriver::closeInherited(int fd) noexcept {
  if (fd >= 0) ::close(fd);
}

}  // namespace teasel::detail
