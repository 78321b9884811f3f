#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../servers/service.hpp"

namespace teasel::bench {

/// The one load generator of all backends: connections to a server on 127.0.0.1, in one thread on
/// epoll. What it sends is the Pattern, and every byte that comes back is compared with it: a
/// server that loses, doubles or mixes up bytes makes the call throw std::runtime_error.
class LoadClient {
 public:
  /// What is expected to come back.
  enum class Expect : std::uint8_t {
    kOwnBytes,     ///< what the connection itself sent
    kFirstsBytes,  ///< what connection 0 sent
    kSource,       ///< the pattern from its beginning, as a source sends it
    kReceipts,     ///< receipts; receipt() has the last
  };
  using OnBytes = std::function<void(std::size_t stream)>;

  /// Connects. `pause` is how many connections are made between two short rests, which let the
  /// server accept them; 0: no rests.
  LoadClient(std::uint16_t port, int connections, Expect expect = Expect::kOwnBytes, int pause = 200);
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;
  /// Resets all connections, so that none stays in TIME_WAIT.
  ~LoadClient();

  std::size_t size() const noexcept { return streams_.size(); }
  /// Sends the next bytes of the pattern on a connection, now or as soon as there is room.
  void post(std::size_t stream, std::uint64_t bytes);
  /// Sends a number of 8 bytes to a source or a server of timers, which sends `expected` bytes.
  void ask(std::size_t stream, std::uint64_t number, std::uint64_t expected);
  /// Waits for events, at most `milliseconds`, and handles them. Calls `onBytes` when bytes came.
  /// Returns false if nothing happened.
  bool poll(int milliseconds, const OnBytes& onBytes = nullptr);
  /// Polls until every connection has got all that it expects. Throws when nothing comes for 30 s.
  void finish(const OnBytes& onBytes = nullptr);
  /// The bytes that have come on a connection, and those that were posted.
  std::uint64_t received(std::size_t stream) const { return streams_[stream].received; }
  std::uint64_t posted(std::size_t stream) const { return streams_[stream].posted; }
  /// Resets a connection, whatever is on its way, and makes a new one in its place.
  void resetAndConnect(std::size_t stream);

  /// Every connection sends a message, waits until it is back and sends the next. At least `count`
  /// round trips in all; returns how many. Nothing is on its way afterwards.
  long roundTrips(std::size_t bytes, long count);
  /// The last receipt of a connection.
  Receipt receipt(std::size_t stream) const;

 private:
  struct Stream {
    int socket = -1;
    std::uint64_t base = 0, expectedBase = 0;  // places in the pattern
    std::uint64_t posted = 0, sent = 0;
    std::uint64_t expected = 0, received = 0;
    std::string text;  // kReceipts: what came
  };
  void connectStream(std::size_t index);
  void send(Stream& stream);
  /// Reads all that is there. Returns true if there was something.
  bool receive(std::size_t index);
  void check(std::size_t index, std::size_t size);

  std::uint16_t port_;
  Expect expect_;
  int poller_ = -1;
  std::vector<Stream> streams_;
  std::vector<char> buffer_;
};

/// The sum of the first `bytes` bytes of a stream of the pattern that begins at `base`.
std::uint64_t patternSum(std::uint64_t base, std::uint64_t bytes);

}  // namespace teasel::bench
