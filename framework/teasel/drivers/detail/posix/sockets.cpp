#include <teasel/drivers/detail/posix/sockets.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>

namespace teasel::posix {

SocketAddress toNative(const Address& address) noexcept {
  SocketAddress out;
  if (address.family() == Address::Family::kIPv4) {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_port = htons(address.port());
    std::memcpy(&native.sin_addr, address.bytes().data(), 4);
    std::memcpy(&out.storage, &native, sizeof native);
    out.length = sizeof native;
  } else if (address.family() == Address::Family::kUnix) {
    sockaddr_un native{};
    native.sun_family = AF_UNIX;
    static_assert(Address::kMaxUnixPath <= sizeof native.sun_path);
    const std::string& path = address.path();
    std::memcpy(native.sun_path, path.data(), path.size());
    std::memcpy(&out.storage, &native, sizeof native);
    // An abstract name ends where its length says. A path ends with a NUL, where there is room.
    const std::size_t end = path.size() + (path.empty() || address.abstract() || path.size() == sizeof native.sun_path ? 0 : 1);
    out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + end);
  } else {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(address.port());
    std::memcpy(&native.sin6_addr, address.bytes().data(), 16);
    std::memcpy(&out.storage, &native, sizeof native);
    out.length = sizeof native;
  }
  return out;
}

namespace {

Address fromNativeUnix(const SocketAddress& native) {
  sockaddr_un un{};
  std::memcpy(&un, &native.storage, sizeof un);
  const std::size_t length = std::min<std::size_t>(native.length, sizeof un);
  std::size_t size = length > offsetof(sockaddr_un, sun_path) ? length - offsetof(sockaddr_un, sun_path) : 0;
  if (size > 0 && un.sun_path[0] != '\0') size = ::strnlen(un.sun_path, size);
  if (size > Address::kMaxUnixPath) size = 0;
#ifndef __linux__
  if (size > 0 && un.sun_path[0] == '\0') size = 0;  // only Linux has abstract names
#endif
  return Address::unixPath(std::string(un.sun_path, size));
}

}  // namespace

Address fromNative(const SocketAddress& native) {
  if (native.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &native.storage, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, 4);
    return Address::ipv4(bytes, ntohs(in.sin_port));
  }
  if (native.storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &native.storage, sizeof in);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, 16);
    return Address::ipv6(bytes, ntohs(in.sin6_port));
  }
  if (native.storage.ss_family == AF_UNIX) return fromNativeUnix(native);
  return {};
}

Address localAddress(int descriptor) {
  SocketAddress native;
  return ::getsockname(descriptor, native.get(), &native.length) == 0 ? fromNative(native) : Address{};
}

Address remoteAddress(int descriptor) {
  SocketAddress native;
  return ::getpeername(descriptor, native.get(), &native.length) == 0 ? fromNative(native) : Address{};
}

bool isWildcard(const Address& address) noexcept {
  return address.family() != Address::Family::kUnix && address.bytes() == std::array<std::uint8_t, 16>{};
}

namespace {

int familyOf(const Address& address) noexcept {
  switch (address.family()) {
    case Address::Family::kIPv6: return AF_INET6;
    case Address::Family::kUnix: return AF_UNIX;
    default: return AF_INET;
  }
}

void setOption(int descriptor, int level, int option, int value) noexcept {
  // An option that the kernel refuses costs only speed.
  static_cast<void>(::setsockopt(descriptor, level, option, &value, sizeof value));
}

int closeFailed(int descriptor) noexcept {
  if (descriptor >= 0) ::close(descriptor);
  return -1;
}

}  // namespace

int openListener(const Address& at, int backlog, Blocking blocking, Failure& why) {
  const auto failed = [&](int descriptor, int error) {
    why = Failure(CannotListenError("cannot listen on " + at.text() + ": " + errorText(error)));
    return closeFailed(descriptor);
  };
  if (at.family() == Address::Family::kNone) return failed(-1, EAFNOSUPPORT);
  const int descriptor = openSocket(familyOf(at), blocking);
  if (descriptor < 0) return failed(-1, errno);
  setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  const SocketAddress native = toNative(at);
  if (::bind(descriptor, native.get(), native.length) != 0 || ::listen(descriptor, backlog) != 0)
    return failed(descriptor, errno);
  return descriptor;
}

int openClient(const Address& to, const Address& bind, Blocking blocking, Failure& why) {
  if (to.family() == Address::Family::kNone) {
    why = connectFailure(EAFNOSUPPORT, to);
    return -1;
  }
  const int descriptor = openSocket(familyOf(to), blocking);
  if (descriptor < 0) {
    why = connectFailure(errno, to);
    return -1;
  }
  if (to.family() != Address::Family::kUnix) setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (bind.family() == Address::Family::kNone) return descriptor;
  if (bind.port() == 0) choosePortLate(descriptor);
  const SocketAddress native = toNative(bind);
  if (::bind(descriptor, native.get(), native.length) == 0) return descriptor;
  why = Failure(ConnectBindError("cannot connect to " + to.text() + " from " + bind.text() + ": " + errorText(errno)));
  return closeFailed(descriptor);
}

namespace {

/// What a descriptor is, for the sentence "descriptor 7 is ...". Empty if it is a stream socket of
/// a known family.
std::string otherThanStream(int descriptor) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    return errno == EBADF ? "is not open" : errno == ENOTSOCK ? "is no socket" : "cannot be used: " + errorText(errno);
  SocketAddress native;
  if (::getsockname(descriptor, native.get(), &native.length) != 0) return "cannot be used: " + errorText(errno);
  const int family = native.storage.ss_family;
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
    return "is a socket of the unknown family " + std::to_string(family);
  if (type == SOCK_STREAM) return {};
  if (type != SOCK_DGRAM) return "is a socket of the unknown type " + std::to_string(type);
  return family == AF_UNIX ? "is a UNIX datagram socket" : "is a UDP socket";
}

/// How the kernel sees a stream socket.
std::string_view stageOf(int descriptor) noexcept {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0) return "listens";
  SocketAddress peer;
  return ::getpeername(descriptor, peer.get(), &peer.length) == 0 ? "is connected" : "is neither connected nor listens";
}

}  // namespace

int adoptSocket(int descriptor, Adopt as, std::string& why) {
  const std::string subject = "descriptor " + std::to_string(descriptor) + ' ';
  why = otherThanStream(descriptor);
  if (!why.empty()) {
    why.insert(0, subject);
    return -1;
  }
  const std::string_view stage = stageOf(descriptor), needed = as == Adopt::kListening ? "listens" : "is connected";
  if (stage != needed) {
    const bool unixSocket = localAddress(descriptor).family() == Address::Family::kUnix;
    why = subject + "is a " + (unixSocket ? "UNIX" : "TCP") + " socket that " + std::string(stage);
    return -1;
  }
  const int made = duplicate(descriptor);
  if (made < 0) why = subject + "cannot be duplicated: " + errorText(errno);
  else if (localAddress(made).family() != Address::Family::kUnix) setOption(made, IPPROTO_TCP, TCP_NODELAY, 1);
  return made;
}

Failure connectFailure(int error, const Address& to) {
  const std::string text = "cannot connect to " + to.text() + ": " + errorText(error);
  switch (error) {
    case ECONNREFUSED: return Failure(ConnectionRefusedError(text));
    case ENETUNREACH:
    case EHOSTUNREACH: return Failure(NoRouteError(text));
    case ETIMEDOUT: return Failure(TimeoutError(text));
    case EADDRINUSE:
    case EADDRNOTAVAIL: return Failure(ConnectBindError(text));
    // Only a UNIX address can be unknown here; a Resolver has found the others.
    case ENOENT: return Failure(UnknownHostError(text));
    default: return Failure(ConnectError(text));
  }
}

Failure lossFailure(int error, std::string_view operation) {
  if (error == ECONNRESET || error == EPIPE) return connectionLost();
  return Failure(ConnectionLost(std::string(operation) + " failed: " + errorText(error)));
}

Failure acceptFailure(int error, const Address& at) {
  return Failure(ConnectError("cannot accept on " + at.text() + ": " + errorText(error)));
}

int takeSocketError(int descriptor) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void closeWithReset(int descriptor) noexcept {
  const linger now{1, 0};
  static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  ::close(descriptor);
}

}  // namespace teasel::posix
