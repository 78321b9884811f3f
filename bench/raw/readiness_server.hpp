#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../servers/service.hpp"
#include "sockets.hpp"

/// The part that the hand-written readiness loops and libev share: what becomes of one readable or
/// writable connection. The loops differ only in how they wait.

namespace teasel::bench {

class ReadinessServer {
 public:
  /// Tells the loop whether a connection waits for writing from now on, or for reading.
  using Watch = std::function<void(int socket, bool writing)>;

  ReadinessServer(Kind kind, Watch watch, Service::StartTimer startTimer = nullptr)
      : service_(kind, std::move(startTimer)), watch_(std::move(watch)), echo_(kind == Kind::kEcho) {}

  /// The connection is readable, or writable if that is what it waits for. Returns false when it is
  /// over: the loop forgets it and closes the socket.
  bool ready(int socket, bool writing) {
    const bool goesOn = writing ? writable(socket) : readable(socket);
    if (!goesOn) end(socket);
    return goesOn;
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
      begin(socket);
    }
  }

 private:
  /// A connection. `rest` is what the kernel did not take; until it is sent, nothing is read.
  class Stream final : public ServedStream {
   public:
    Stream(ReadinessServer& server, int socket) : server_(server), socket_(socket) {}
    void write(const char* data, std::size_t size) override {
      std::size_t taken = 0;
      if (rest.empty()) {
        const ssize_t sent = send(socket_, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return;  // the next recv says the same
        taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
      }
      if (taken == size) return;
      if (rest.empty()) server_.watch_(socket_, true);
      rest.append(data + taken, size - taken);
    }
    std::string rest;

   private:
    ReadinessServer& server_;
    int socket_;
  };

  void begin(int socket) {
    const auto at = static_cast<std::size_t>(socket);
    if (streams_.size() <= at) streams_.resize(at + 1);
    streams_[at] = std::make_unique<Stream>(*this, socket);
    service_.opened(*streams_[at]);
  }
  void end(int socket) {
    service_.closed(stream(socket));
    streams_[static_cast<std::size_t>(socket)].reset();
  }
  Stream& stream(int socket) { return *streams_[static_cast<std::size_t>(socket)]; }

  /// Makes one recv, and for an echo one send of all that came.
  bool readable(int socket) {
    const ssize_t got = recv(socket, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    if (!echo_) return feed(stream(socket), static_cast<std::size_t>(got));
    const ssize_t sent = send(socket, buffer_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
    if (sent == got) return true;
    if (sent < 0 && errno != EAGAIN) return false;
    stream(socket).rest.assign(buffer_.data() + (sent < 0 ? 0 : sent), buffer_.data() + got);
    watch_(socket, true);
    return true;
  }
  bool feed(Stream& to, std::size_t size) {
    service_.received(to, buffer_.data(), size);
    while (to.rest.empty() && service_.drained(to)) {
    }
    return true;
  }
  bool writable(int socket) {
    Stream& to = stream(socket);
    const ssize_t sent = send(socket, to.rest.data(), to.rest.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    to.rest.erase(0, static_cast<std::size_t>(sent));
    if (!to.rest.empty()) return true;
    watch_(socket, false);
    while (to.rest.empty() && service_.drained(to)) {
    }
    return true;
  }

  Service service_;
  Watch watch_;
  bool echo_;
  std::vector<char> buffer_ = std::vector<char>(65536);
  std::vector<std::unique_ptr<Stream>> streams_;  // the index is the descriptor
};

}  // namespace teasel::bench
