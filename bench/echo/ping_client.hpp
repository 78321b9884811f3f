#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace teasel::bench {

/// The other end of an echo server: so many connections that each send a message, wait until all of
/// it has come back and send it again. One thread, epoll, no more system calls than needed.
class PingClient {
 public:
  /// Connects all to 127.0.0.1:`port`; throws when it cannot.
  PingClient(std::uint16_t port, int connections, std::size_t bytes);
  PingClient(const PingClient&) = delete;
  PingClient& operator=(const PingClient&) = delete;
  ~PingClient();

  /// At least `count` round trips; when it returns every connection is at rest. Returns how many it
  /// made. Throws when the server closes a connection, answers nothing for 10 s, or sends back
  /// other bytes than it got.
  long roundTrips(long count);

 private:
  struct Stream {
    int socket = -1;
    std::size_t sent = 0, received = 0;
  };
  void send(Stream& stream);
  /// Whether the message has come back whole.
  bool receive(Stream& stream);
  void begin(Stream& stream);

  int poller_ = -1;
  std::vector<Stream> streams_;
  std::vector<char> message_, buffer_;
};

/// Connects, makes one round trip of `bytes` and closes, `count` times, one after the other.
void connectAndLeave(std::uint16_t port, std::size_t bytes, long count);

}  // namespace teasel::bench
