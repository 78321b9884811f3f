#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace teasel::bench {

/// Where a server is found: on a port of 127.0.0.1, or under the abstract UNIX name that has the
/// number in place of the port.
enum class Over : std::uint8_t { kTcp, kUnix };

/// The client of an echo server. Each of its connections sends a message, waits until all of it has
/// come back and sends it again. Uses one thread and epoll, and no more system calls than needed.
class PingClient {
 public:
  /// Connects `connections` sockets to the server at `port`. Messages have `bytes` bytes. Throws
  /// when it cannot connect.
  PingClient(std::uint16_t port, int connections, std::size_t bytes, Over over = Over::kTcp);
  PingClient(const PingClient&) = delete;
  PingClient& operator=(const PingClient&) = delete;
  ~PingClient();

  /// Makes at least `count` round trips and returns how many it made. When it returns, no message
  /// is on its way on any connection. Throws when the server closes a connection, answers nothing
  /// for 10 s, or sends back other bytes than it got.
  long roundTrips(long count);

 private:
  struct Stream {
    int socket = -1;
    std::size_t sent = 0, received = 0;
  };
  void send(Stream& stream);
  /// Reads what came back. Returns true when the message has come back whole.
  bool receive(Stream& stream);
  void begin(Stream& stream);

  int poller_ = -1;
  std::vector<Stream> streams_;
  std::vector<char> message_, buffer_;
};

/// Does this `count` times, one after the other: connects to 127.0.0.1:`port`, makes one round trip
/// of `bytes` bytes and closes.
void connectAndLeave(std::uint16_t port, std::size_t bytes, long count);

}  // namespace teasel::bench
