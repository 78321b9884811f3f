#include "ping_client.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstring>

#include "../raw/sockets.hpp"

namespace teasel::bench {
namespace {

constexpr int kPatience = 10000;  // ms

int connectTo(std::uint16_t port) {
  const int socket = must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in at = loopback(port);
  must(connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at), "connect");
  noDelay(socket);
  return socket;
}

int connectToUnix(std::uint16_t number) {
  const int socket = must(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  socklen_t size = 0;
  const sockaddr_un at = unixName(getpid(), number, size);
  must(connect(socket, reinterpret_cast<const sockaddr*>(&at), size), "connect");
  return socket;
}

std::vector<char> pattern(std::size_t bytes) {
  std::vector<char> message(bytes);
  for (std::size_t i = 0; i < bytes; ++i) message[i] = static_cast<char>('a' + i % 23);
  return message;
}

}  // namespace

PingClient::PingClient(std::uint16_t port, int connections, std::size_t bytes, Over over)
    : poller_(must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      streams_(static_cast<std::size_t>(connections)),
      message_(pattern(bytes)),
      buffer_(bytes) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    streams_[i].socket = over == Over::kUnix ? connectToUnix(port) : connectTo(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    must(epoll_ctl(poller_, EPOLL_CTL_ADD, streams_[i].socket, &event), "epoll_ctl");
  }
}

PingClient::~PingClient() {
  for (const Stream& stream : streams_) close(stream.socket);
  close(poller_);
}

void PingClient::send(Stream& stream) {
  while (stream.sent < message_.size()) {
    const ssize_t sent =
        ::send(stream.socket, message_.data() + stream.sent, message_.size() - stream.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    // The client first reads the echo of what the kernel took, then sends the rest.
    if (sent < 0 && errno == EAGAIN) return;
    must(static_cast<int>(sent), "send");
    stream.sent += static_cast<std::size_t>(sent);
  }
}

void PingClient::begin(Stream& stream) {
  stream.sent = stream.received = 0;
  send(stream);
}

bool PingClient::receive(Stream& stream) {
  const ssize_t got = recv(stream.socket, buffer_.data() + stream.received, message_.size() - stream.received, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return false;
  must(static_cast<int>(got), "recv");
  if (got == 0) throw std::runtime_error("the server has closed a connection");
  if (std::memcmp(buffer_.data() + stream.received, message_.data() + stream.received, static_cast<std::size_t>(got)) != 0)
    throw std::runtime_error("the server sent back other bytes than it got");
  stream.received += static_cast<std::size_t>(got);
  if (stream.sent < message_.size()) send(stream);
  return stream.received == message_.size();
}

long PingClient::roundTrips(long count) {
  long begun = 0, ended = 0;
  for (Stream& stream : streams_) begin(stream), ++begun;
  std::array<epoll_event, 256> events;
  while (ended < begun) {
    const int ready = epoll_wait(poller_, events.data(), static_cast<int>(events.size()), kPatience);
    if (ready == 0) throw std::runtime_error("the server has not answered for 10 s");
    for (int i = 0; i < ready; ++i) {
      Stream& stream = streams_[events[static_cast<std::size_t>(i)].data.u64];
      if (!receive(stream)) continue;
      ++ended;
      if (begun < count) begin(stream), ++begun;
    }
  }
  return ended;
}

void connectAndLeave(std::uint16_t port, std::size_t bytes, long count) {
  const std::vector<char> message = pattern(bytes);
  std::vector<char> answer(bytes);
  for (long i = 0; i < count; ++i) {
    const int socket = connectTo(port);
    must(static_cast<int>(::send(socket, message.data(), bytes, MSG_NOSIGNAL)), "send");
    const ssize_t got = recv(socket, answer.data(), bytes, MSG_WAITALL);
    close(socket);
    if (got != static_cast<ssize_t>(bytes)) throw std::runtime_error("the server's answer is too short");
  }
}

}  // namespace teasel::bench
