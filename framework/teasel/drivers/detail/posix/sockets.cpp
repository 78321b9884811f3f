#include <teasel/drivers/detail/posix/sockets.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
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

Address fromNative(const SocketAddress& native) noexcept {
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
  return {};
}

Address localAddress(int descriptor) noexcept {
  SocketAddress native;
  return ::getsockname(descriptor, native.get(), &native.length) == 0 ? fromNative(native) : Address{};
}

Address remoteAddress(int descriptor) noexcept {
  SocketAddress native;
  return ::getpeername(descriptor, native.get(), &native.length) == 0 ? fromNative(native) : Address{};
}

bool isWildcard(const Address& address) noexcept { return address.bytes() == std::array<std::uint8_t, 16>{}; }

namespace {

int familyOf(const Address& address) noexcept { return address.family() == Address::Family::kIPv6 ? AF_INET6 : AF_INET; }

void setOption(int descriptor, int level, int option, int value) noexcept {
  // What the kernel refuses here only costs speed.
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
  setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (bind.family() == Address::Family::kNone) return descriptor;
  if (bind.port() == 0) choosePortLate(descriptor);
  const SocketAddress native = toNative(bind);
  if (::bind(descriptor, native.get(), native.length) == 0) return descriptor;
  why = Failure(ConnectBindError("cannot connect to " + to.text() + " from " + bind.text() + ": " + errorText(errno)));
  return closeFailed(descriptor);
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
