#include <teasel/drivers/detail/posix/system.hpp>

#include <cerrno>
#include <cstring>
#include <ctime>

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <teasel/drivers/detail/posix/clock.hpp>

#if TEASEL_LINUX_SYSTEM
#include <csignal>

#include <sys/eventfd.h>
#include <sys/sendfile.h>
#else
#include <chrono>
#include <climits>
#include <cstdint>
#include <system_error>
#endif

namespace teasel::posix {

namespace {

int protocolOf(int family) noexcept { return family == AF_UNIX ? 0 : IPPROTO_TCP; }

/// Discards by receiving into a buffer, which works for sockets of every kind.
ssize_t discardCopies(int descriptor, std::size_t most) noexcept {
  std::array<char, 16384> piece;
  std::size_t total = 0;
  while (total < most) {
    const ssize_t count = ::recv(descriptor, piece.data(), std::min(piece.size(), most - total), kNoWait);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return -1;
    // The next call meets the end of the stream, or EAGAIN, once more.
    if (count <= 0) return total > 0 ? static_cast<ssize_t>(total) : count;
    total += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < piece.size()) break;  // that was all
  }
  return static_cast<ssize_t>(total);
}

}  // namespace

#if TEASEL_LINUX_SYSTEM

int openSocket(int family, Blocking blocking) noexcept {
  return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | (blocking == Blocking::kNo ? SOCK_NONBLOCK : 0), protocolOf(family));
}

int openProbe() noexcept { return ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

int acceptSocket(int listener, SocketAddress& peer) noexcept {
  return ::accept4(listener, peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

bool concernsOneConnection(int error) noexcept {
  switch (error) {
    // Linux passes pending network errors of the new socket on to accept, says accept(2).
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: return true;
    default: return false;
  }
}

int openPipe(int (&ends)[2], Blocking blocking) noexcept {
  return ::pipe2(ends, O_CLOEXEC | (blocking == Blocking::kNo ? O_NONBLOCK : 0));
}

int openWakeUp(int (&ends)[2]) noexcept {
  ends[0] = ends[1] = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return ends[0] < 0 ? -1 : 0;
}

ssize_t discard(int descriptor, std::size_t most) noexcept {
  // TCP throws the bytes away without copying them. A UNIX socket says EFAULT and keeps them.
  const ssize_t count = ::recv(descriptor, nullptr, most, MSG_TRUNC | MSG_DONTWAIT);
  return count < 0 && errno == EFAULT ? discardCopies(descriptor, most) : count;
}

namespace {

/// While it lives, a call of this thread that fails with EPIPE raises no SIGPIPE. For calls that
/// know no MSG_NOSIGNAL.
class NoSigPipe {
 public:
  NoSigPipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    if (::sigismember(&before_, SIGPIPE) == 0) return;
    sigset_t waiting;
    waits_ = ::sigpending(&waiting) == 0 && ::sigismember(&waiting, SIGPIPE) == 1;
  }
  NoSigPipe(const NoSigPipe&) = delete;
  NoSigPipe& operator=(const NoSigPipe&) = delete;
  ~NoSigPipe() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  /// Takes the signal away that such a call has left. One that had waited before stays.
  void forget() const noexcept {
    const timespec now{};
    const int saved = errno;
    if (!waits_)
      while (::sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) continue;
    errno = saved;
  }

 private:
  sigset_t pipe_, before_;
  bool waits_ = false;
};

}  // namespace

ssize_t moveToSocket(int socket, int file, off_t offset, std::size_t size) noexcept {
  const NoSigPipe noSigPipe;
  ssize_t moved = 0;
  do moved = ::sendfile(socket, file, &offset, size);
  while (moved < 0 && errno == EINTR);
  // A call that has moved some bytes and then met the end tells only of the bytes.
  if (moved < 0 ? errno == EPIPE : static_cast<std::size_t>(moved) < size) noSigPipe.forget();
  return moved;
}

int waitForAny(pollfd* watched, std::size_t count, Duration maxWait) noexcept {
  const timespec wait = toTimespec(maxWait);
  return ::ppoll(watched, static_cast<nfds_t>(count), maxWait == Duration::max() ? nullptr : &wait, nullptr);
}

void choosePortLate(int descriptor) noexcept {
  const int on = 1;
  static_cast<void>(::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on));
}

std::string errorText(int error) {
  const char* text = ::strerrordesc_np(error);
  const char* name = ::strerrorname_np(error);
  if (text == nullptr || name == nullptr) return "error " + std::to_string(error);
  return std::string(text) + " (" + name + ")";
}

#else

namespace {

bool configure(int descriptor, Blocking blocking) noexcept {
  return ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 && setBlocking(descriptor, blocking);
}

/// Closes and keeps errno.
int closeFailed(int descriptor) noexcept {
  const int saved = errno;
  ::close(descriptor);
  errno = saved;
  return -1;
}

int configuredSocket(int descriptor, Blocking blocking) noexcept {
  if (descriptor < 0) return -1;
  if (!configure(descriptor, blocking)) return closeFailed(descriptor);
#if !defined(MSG_NOSIGNAL) && defined(SO_NOSIGPIPE)
  const int on = 1;
  static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on));
#endif
  return descriptor;
}

struct ErrorName {
  int error;
  const char* name;
};

/// The errors that the calls of this room fail with.
constexpr ErrorName kErrorNames[] = {
    {EACCES, "EACCES"},
    {EADDRINUSE, "EADDRINUSE"},
    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
    {EAFNOSUPPORT, "EAFNOSUPPORT"},
    {EAGAIN, "EAGAIN"},
    {EBADF, "EBADF"},
    {ECONNABORTED, "ECONNABORTED"},
    {ECONNREFUSED, "ECONNREFUSED"},
    {ECONNRESET, "ECONNRESET"},
    {EHOSTUNREACH, "EHOSTUNREACH"},
    {EIO, "EIO"},
    {EINTR, "EINTR"},
    {EINVAL, "EINVAL"},
    {EISDIR, "EISDIR"},
    {ELOOP, "ELOOP"},
    {EMFILE, "EMFILE"},
    {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENETDOWN, "ENETDOWN"},
    {ENETUNREACH, "ENETUNREACH"},
    {ENFILE, "ENFILE"},
    {ENOBUFS, "ENOBUFS"},
    {ENOENT, "ENOENT"},
    {ENOMEM, "ENOMEM"},
    {ENOTCONN, "ENOTCONN"},
    {ENOTDIR, "ENOTDIR"},
    {ENOTSOCK, "ENOTSOCK"},
    {EOVERFLOW, "EOVERFLOW"},
    {EPERM, "EPERM"},
    {EPIPE, "EPIPE"},
    {EPROTO, "EPROTO"},
    {EPROTOTYPE, "EPROTOTYPE"},
    {EROFS, "EROFS"},
    {ETIMEDOUT, "ETIMEDOUT"},
};

}  // namespace

int openSocket(int family, Blocking blocking) noexcept {
  return configuredSocket(::socket(family, SOCK_STREAM, protocolOf(family)), blocking);
}

int openProbe() noexcept { return configuredSocket(::socket(AF_UNIX, SOCK_DGRAM, 0), Blocking::kYes); }

int acceptSocket(int listener, SocketAddress& peer) noexcept {
  return configuredSocket(::accept(listener, peer.get(), &peer.length), Blocking::kNo);
}

bool concernsOneConnection(int error) noexcept { return error == ECONNABORTED || error == EINTR || error == EPROTO; }

int openPipe(int (&ends)[2], Blocking blocking) noexcept {
  if (::pipe(ends) != 0) return -1;
  if (configure(ends[0], blocking) && configure(ends[1], blocking)) return 0;
  closeFailed(ends[0]);
  return closeFailed(ends[1]);
}

int openWakeUp(int (&ends)[2]) noexcept { return openPipe(ends, Blocking::kNo); }

ssize_t discard(int descriptor, std::size_t most) noexcept { return discardCopies(descriptor, most); }

ssize_t moveToSocket(int, int, off_t, std::size_t) noexcept {
  errno = ENOSYS;
  return -1;
}

int waitForAny(pollfd* watched, std::size_t count, Duration maxWait) noexcept {
  if (maxWait == Duration::max()) return ::poll(watched, static_cast<nfds_t>(count), -1);
  // The wait is rounded up. Otherwise polls would spin until a timer that is due in less than a
  // millisecond.
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(maxWait, Duration::zero())).count();
  return ::poll(watched, static_cast<nfds_t>(count), static_cast<int>(std::min<std::int64_t>(wait, INT_MAX)));
}

void choosePortLate(int) noexcept {}

std::string errorText(int error) {
  const std::string text = std::generic_category().message(error);
  for (const ErrorName& known : kErrorNames)
    if (known.error == error) return text + " (" + known.name + ")";
  return text + " (error " + std::to_string(error) + ")";
}

#endif

int duplicate(int descriptor) noexcept {
  const int made = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (made < 0 || setBlocking(made, Blocking::kNo)) return made;
  const int error = errno;
  ::close(made);
  errno = error;
  return -1;
}

bool setBlocking(int descriptor, Blocking blocking) noexcept {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0) return false;
  return ::fcntl(descriptor, F_SETFL, blocking == Blocking::kNo ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}

void closeWakeUp(const int (&ends)[2]) noexcept {
  ::close(ends[0]);
  if (ends[1] != ends[0]) ::close(ends[1]);
}

}  // namespace teasel::posix
