#include "connections.hpp"

#include <sys/epoll.h>

#include <array>
#include <stdexcept>

#include "../raw/sockets.hpp"
#include "effort.hpp"

namespace teasel::bench {
namespace {

constexpr useconds_t kRest = 2000;
constexpr std::size_t kBuffer = 65536;

void resetAtClose(int socket, bool resets) {
  const linger now{resets ? 1 : 0, 0};
  must(setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now), "SO_LINGER");
}

/// The result of a call that makes a connection. Throws Skip where this machine, and not the
/// server, has no more.
int connected(int result, const std::string& name) {
  if (result >= 0) return result;
  const auto lacks = [&](const char* what) { throw Skip(name + " could not be made here: " + what); };
  if (errno == EADDRNOTAVAIL) lacks("no local port is free (net.ipv4.ip_local_port_range)");
  if (errno == ENETUNREACH) lacks("127.0.0.1 cannot be reached; the interface lo may be down");
  if (errno == EMFILE) lacks("this process has no descriptor left (ulimit -n)");
  if (errno == ENFILE) lacks("the system has no descriptor left (fs.file-max)");
  return result;
}

}  // namespace

std::string LoadConnections::nameOf(std::size_t index) const { return "connection " + std::to_string(index); }

ssize_t LoadConnections::transferred(ssize_t result, std::size_t index, const char* what) const {
  if (result >= 0) return result;
  if (errno == ECONNRESET || errno == EPIPE) throw std::runtime_error("the server reset " + nameOf(index));
  if (errno == ECONNREFUSED) throw std::runtime_error("the server refused " + nameOf(index));
  throw std::system_error(errno, std::generic_category(), what);
}

LoadConnections::LoadConnections(std::uint16_t port, int connections)
    : port_(port),
      poller_(must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      streams_(static_cast<std::size_t>(connections)),
      buffer_(kBuffer) {}

LoadConnections::~LoadConnections() {
  for (const Stream& stream : streams_)
    if (stream.socket >= 0) close(stream.socket);
  close(poller_);
}

void LoadConnections::connectAll(int pause) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    connectStream(i);
    if (pause > 0 && (i + 1) % static_cast<std::size_t>(pause) == 0) usleep(kRest);
  }
}

void LoadConnections::connectStream(std::size_t index) {
  Stream& stream = streams_[index];
  stream = {};
  connecting(index);
  stream.socket = connected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), nameOf(index));
  must(stream.socket, "socket");
  resetAtClose(stream.socket, true);
  noDelay(stream.socket);
  const sockaddr_in at = loopback(port_);
  if (connect(stream.socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 && errno != EINPROGRESS)
    transferred(connected(-1, nameOf(index)), index, "connect");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = index;
  must(epoll_ctl(poller_, EPOLL_CTL_ADD, stream.socket, &event), "epoll_ctl");
  opened(index);
}

void LoadConnections::resetAndConnect(std::size_t index) {
  close(streams_[index].socket);
  connectStream(index);
}

void LoadConnections::leaveAndConnect(std::size_t index) {
  resetAtClose(streams_[index].socket, false);
  resetAndConnect(index);
}

void LoadConnections::send(std::size_t index) {
  Stream& stream = streams_[index];
  while (stream.sent < stream.posted) {
    const std::span<const char> bytes = outgoing(index);
    const ssize_t sent = ::send(stream.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;  // EPOLLOUT follows
    stream.sent += static_cast<std::size_t>(transferred(sent, index, "send"));
  }
}

bool LoadConnections::receive(std::size_t index) {
  bool some = false;
  for (;;) {
    Stream& stream = streams_[index];
    const ssize_t got = recv(stream.socket, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == ENOTCONN)) return some;
    if (transferred(got, index, "recv") == 0) throw std::runtime_error("the server closed " + nameOf(index));
    const auto size = static_cast<std::size_t>(got);
    check(index, {buffer_.data(), size});
    stream.received += size;
    checked(index);
    some = true;
    // A short read has emptied the socket.
    if (size < buffer_.size()) return true;
  }
}

bool LoadConnections::poll(int milliseconds, const OnBytes& onBytes) {
  std::array<epoll_event, 256> events;
  const int ready = epoll_wait(poller_, events.data(), static_cast<int>(events.size()), milliseconds);
  // Interrupted, by a signal or by the end of a ring that this process had: that is no silence.
  if (ready < 0 && errno == EINTR) return true;
  must(ready, "epoll_wait");
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto index = static_cast<std::size_t>(event.data.u64);
    if ((event.events & EPOLLOUT) != 0) send(index);
    if ((event.events & ~EPOLLOUT) != 0 && receive(index) && onBytes) onBytes(index);
  }
  return ready > 0;
}

void LoadConnections::finish(const OnBytes& onBytes) {
  std::size_t whole = 0;
  const auto isWhole = [this](std::size_t i) { return streams_[i].received == streams_[i].expected; };
  for (;;) {
    while (whole < streams_.size() && isWhole(whole)) ++whole;
    if (whole == streams_.size()) {
      // onBytes may have asked for more on an earlier one.
      for (whole = 0; whole < streams_.size() && isWhole(whole);) ++whole;
      if (whole == streams_.size()) return;
    }
    if (!poll(effort().patience, onBytes))
      throw std::runtime_error(missing(whole) + "; nothing came for " + std::to_string(effort().patience / 1000) + " s");
  }
}

long LoadConnections::exchanges(long count) {
  long begun = 0;
  for (std::size_t i = 0; i < streams_.size(); ++i) begin(i), ++begun;
  finish([&](std::size_t i) {
    if (streams_[i].received < streams_[i].expected || begun >= count) return;
    ++begun;
    begin(i);
  });
  return begun;
}

}  // namespace teasel::bench
