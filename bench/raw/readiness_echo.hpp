#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sockets.hpp"

/// The part that the three hand-written readiness loops share: the echo of one readable or writable
/// connection. The loops differ only in how they wait.

namespace teasel::bench {

class ReadinessEcho {
 public:
  /// What the connection waits for next.
  enum class Wants : std::uint8_t { kRead, kWrite, kClose };

  /// Makes one recv and one send of all that came. If the kernel does not take all of it, keeps the
  /// rest; the connection then reads no more until the rest is sent.
  Wants readable(int socket) {
    const ssize_t got = recv(socket, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR) ? Wants::kRead : Wants::kClose;
    const ssize_t sent = send(socket, buffer_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
    if (sent == got) return Wants::kRead;
    if (sent < 0 && errno != EAGAIN) return Wants::kClose;
    rest(socket).assign(buffer_.data() + (sent < 0 ? 0 : sent), buffer_.data() + got);
    return Wants::kWrite;
  }
  Wants writable(int socket) {
    std::string& left = rest(socket);
    const ssize_t sent = send(socket, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? Wants::kWrite : Wants::kClose;
    left.erase(0, static_cast<std::size_t>(sent));
    return left.empty() ? Wants::kRead : Wants::kWrite;
  }
  /// Accepts all connections that wait, and calls `add(socket)` with each. `tcp`: they are sent
  /// without delay.
  template <class Add>
  void acceptAll(int listener, Add&& add, bool tcp = true) {
    for (;;) {
      const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) return;
      if (tcp) noDelay(socket);
      add(socket);
    }
  }

 private:
  std::string& rest(int socket) {
    if (rests_.size() <= static_cast<std::size_t>(socket)) rests_.resize(static_cast<std::size_t>(socket) + 1);
    return rests_[static_cast<std::size_t>(socket)];
  }
  std::vector<char> buffer_ = std::vector<char>(65536);
  std::vector<std::string> rests_;  // the index is the descriptor
};

}  // namespace teasel::bench
