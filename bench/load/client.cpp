#include "client.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "../raw/sockets.hpp"

namespace teasel::bench {
namespace {

constexpr int kPatience = 30000;  // ms
constexpr useconds_t kRest = 2000;

void resetAtClose(int socket) {
  const linger now{1, 0};
  must(setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now), "SO_LINGER");
}

/// The sums of the first bytes of the pattern.
const std::vector<std::uint64_t>& sums() {
  static const std::vector<std::uint64_t> kAll = [] {
    std::vector<std::uint64_t> made(Pattern::kPeriod + 1);
    const auto bytes = Pattern::from(0, Pattern::kPeriod);
    for (std::size_t i = 0; i < bytes.size(); ++i) made[i + 1] = made[i] + static_cast<unsigned char>(bytes[i]);
    return made;
  }();
  return kAll;
}

}  // namespace

LoadClient::LoadClient(std::uint16_t port, int connections, Expect expect, int pause)
    : port_(port),
      expect_(expect),
      poller_(must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      streams_(static_cast<std::size_t>(connections)),
      buffer_(Pattern::kLongest) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    connectStream(i);
    if (pause > 0 && (i + 1) % static_cast<std::size_t>(pause) == 0) usleep(kRest);
  }
}

LoadClient::~LoadClient() {
  for (const Stream& stream : streams_) close(stream.socket);
  close(poller_);
}

void LoadClient::connectStream(std::size_t index) {
  Stream& stream = streams_[index];
  stream = {};
  stream.base = index * 7919;
  stream.expectedBase = expect_ == Expect::kOwnBytes ? stream.base : 0;
  stream.socket = must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  resetAtClose(stream.socket);
  noDelay(stream.socket);
  const sockaddr_in at = loopback(port_);
  if (connect(stream.socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 && errno != EINPROGRESS) must(-1, "connect");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = index;
  must(epoll_ctl(poller_, EPOLL_CTL_ADD, stream.socket, &event), "epoll_ctl");
}

void LoadClient::resetAndConnect(std::size_t index) {
  close(streams_[index].socket);
  connectStream(index);
}

void LoadClient::post(std::size_t index, std::uint64_t bytes) {
  Stream& stream = streams_[index];
  stream.posted += bytes;
  switch (expect_) {
    case Expect::kOwnBytes: stream.expected += bytes; break;
    case Expect::kFirstsBytes:
      for (Stream& each : streams_) each.expected += bytes;
      break;
    case Expect::kSource: break;
    case Expect::kReceipts: stream.expected = stream.posted / Service::kReceiptEvery * sizeof(Receipt); break;
  }
  send(stream);
}

void LoadClient::ask(std::size_t index, std::uint64_t number, std::uint64_t expected) {
  Stream& stream = streams_[index];
  stream.expected += expected;
  // 8 bytes always have room: nothing else is sent on such a connection.
  must(static_cast<int>(::send(stream.socket, &number, sizeof number, MSG_NOSIGNAL)), "send");
}

void LoadClient::send(Stream& stream) {
  while (stream.sent < stream.posted) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(stream.posted - stream.sent, Pattern::kLongest));
    const ssize_t sent = ::send(stream.socket, Pattern::from(stream.base + stream.sent, size).data(), size, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;  // EPOLLOUT follows
    must(static_cast<int>(sent), "send");
    stream.sent += static_cast<std::size_t>(sent);
  }
}

void LoadClient::check(std::size_t index, std::size_t size) {
  Stream& stream = streams_[index];
  const auto fail = [&](const char* what) {
    throw std::runtime_error(std::string(what) + ": connection " + std::to_string(index) + ", byte " +
                             std::to_string(stream.received));
  };
  if (stream.received + size > stream.expected) fail("the server sent bytes that nobody asked for");
  if (expect_ == Expect::kReceipts) stream.text.append(buffer_.data(), size);
  else if (std::memcmp(buffer_.data(), Pattern::from(stream.expectedBase + stream.received, size).data(), size) != 0)
    fail("the server sent other bytes than it got");
  stream.received += size;
}

bool LoadClient::receive(std::size_t index) {
  bool some = false;
  for (;;) {
    const ssize_t got = recv(streams_[index].socket, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == ENOTCONN)) return some;
    must(static_cast<int>(got), "recv");
    if (got == 0) throw std::runtime_error("the server closed connection " + std::to_string(index));
    check(index, static_cast<std::size_t>(got));
    some = true;
    // A short read has emptied the socket.
    if (static_cast<std::size_t>(got) < buffer_.size()) return true;
  }
}

bool LoadClient::poll(int milliseconds, const OnBytes& onBytes) {
  std::array<epoll_event, 256> events;
  const int ready = epoll_wait(poller_, events.data(), static_cast<int>(events.size()), milliseconds);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto index = static_cast<std::size_t>(event.data.u64);
    if ((event.events & EPOLLOUT) != 0) send(streams_[index]);
    if ((event.events & ~EPOLLOUT) != 0 && receive(index) && onBytes) onBytes(index);
  }
  return ready > 0;
}

void LoadClient::finish(const OnBytes& onBytes) {
  std::size_t whole = 0;
  const auto isWhole = [this](std::size_t i) { return streams_[i].received == streams_[i].expected; };
  for (;;) {
    while (whole < streams_.size() && isWhole(whole)) ++whole;
    if (whole == streams_.size()) {
      // onBytes may have asked for more on an earlier one.
      for (whole = 0; whole < streams_.size() && isWhole(whole);) ++whole;
      if (whole == streams_.size()) return;
    }
    if (!poll(kPatience, onBytes))
      throw std::runtime_error("bytes are lost: connection " + std::to_string(whole) + " got " +
                               std::to_string(streams_[whole].received) + " of " + std::to_string(streams_[whole].expected) +
                               " bytes, and nothing for 30 s");
  }
}

long LoadClient::roundTrips(std::size_t bytes, long count) {
  long begun = 0;
  for (std::size_t i = 0; i < streams_.size(); ++i) post(i, bytes), ++begun;
  finish([&](std::size_t i) {
    if (streams_[i].received < streams_[i].expected || begun >= count) return;
    ++begun;
    post(i, bytes);
  });
  return begun;
}

Receipt LoadClient::receipt(std::size_t index) const {
  const std::string& text = streams_[index].text;
  if (text.size() < sizeof(Receipt)) throw std::runtime_error("no receipt has come");
  Receipt last{};
  std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
  return last;
}

std::uint64_t patternSum(std::uint64_t base, std::uint64_t bytes) {
  const auto upTo = [](std::uint64_t end) { return end / Pattern::kPeriod * sums().back() + sums()[end % Pattern::kPeriod]; };
  return upTo(base + bytes) - upTo(base);
}

}  // namespace teasel::bench
