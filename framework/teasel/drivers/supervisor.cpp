#include <teasel/drivers/supervisor.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::posix {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// "" when all was sent, otherwise the errno's text.
std::string send(const sockaddr_un& to, socklen_t length, std::string_view state) {
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  if (descriptor < 0) return errorText(errno);
  static_cast<void>(::fcntl(descriptor, F_SETFD, FD_CLOEXEC));
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience));
  ssize_t sent = 0;
  do sent = ::sendto(descriptor, state.data(), state.size(), kNoSignal, reinterpret_cast<const sockaddr*>(&to), length);
  while (sent < 0 && errno == EINTR);
  const int error = errno;
  ::close(descriptor);
  return sent < 0 ? errorText(error) : std::string();
}

}  // namespace

Supervisor::Supervisor() : Supervisor(environment("NOTIFY_SOCKET")) {}

std::string Supervisor::notify(std::string_view state) const {
  if (!present()) return {};
  const auto failed = [this](const std::string& why) { return "cannot notify NOTIFY_SOCKET '" + address_ + "': " + why; };
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const bool abstract = address_.front() == '@';
  if (!abstract && address_.front() != '/') return failed("it must be an absolute path or begin with '@'");
  // A path needs a NUL behind it, an abstract name does not.
  if (address_.size() + (abstract ? 0 : 1) > sizeof to.sun_path)
    return failed("it is longer than " + std::to_string(sizeof to.sun_path - 1) + " bytes");
  if (state.size() > kMaxState) return failed("the state has more than " + std::to_string(kMaxState) + " bytes");
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (abstract) to.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() + (abstract ? 0 : 1));
  const std::string why = send(to, length, state);
  return why.empty() ? why : failed(why);
}

}  // namespace teasel::posix
