#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "../servers/kind.hpp"

/// The socket calls that the hand-written loops and the client share.

namespace teasel::bench {

inline int must(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  return at;
}

inline std::uint16_t portOf(int socket) {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  must(getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size), "getsockname");
  return ntohs(at.sin_port);
}

/// Opens a non-blocking listening socket on a free port of 127.0.0.1.
inline int listenLoopback() {
  const int socket = must(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in at = loopback(0);
  must(bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at), "bind");
  must(listen(socket, kBacklog), "listen");
  return socket;
}

/// The abstract UNIX name of the server `number` whose client is the process `client`. Sets `size`.
inline sockaddr_un unixName(pid_t client, std::uint16_t number, socklen_t& size) {
  const std::string name = "teasel-bench-" + std::to_string(client) + '-' + std::to_string(number);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  name.copy(at.sun_path + 1, sizeof at.sun_path - 1);
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return at;
}

/// The number under which a UNIX server of this process is found.
inline std::uint16_t unixNumber() { return static_cast<std::uint16_t>(getpid() % 65535 + 1); }

/// Opens a non-blocking listening UNIX socket for the parent process.
inline int listenUnix() {
  const int socket = must(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  socklen_t size = 0;
  const sockaddr_un at = unixName(getppid(), unixNumber(), size);
  must(bind(socket, reinterpret_cast<const sockaddr*>(&at), size), "bind");
  must(listen(socket, kBacklog), "listen");
  return socket;
}

inline void noDelay(int socket) {
  const int on = 1;
  must(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

}  // namespace teasel::bench
