#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../servers/service.hpp"
#include "connections.hpp"

namespace teasel::bench {

/// The one load generator of all backends. What it sends is the Pattern, and every byte that comes
/// back is compared with it: a server that loses, doubles or mixes up bytes makes the call throw.
class LoadClient final : public LoadConnections {
 public:
  /// What is expected to come back.
  enum class Expect : std::uint8_t {
    kOwnBytes,     ///< what the connection itself sent
    kFirstsBytes,  ///< what connection 0 sent
    kSource,       ///< the pattern from its beginning, as a source sends it
    kReceipts,     ///< receipts; receipt() has the last
  };

  /// Connects; LoadConnections::connectAll says what `pause` is. An exchange is an echo of
  /// `message` bytes.
  LoadClient(std::uint16_t port, int connections, Expect expect = Expect::kOwnBytes, int pause = 200, std::size_t message = 64);

  /// Sends the next bytes of the pattern on a connection, now or as soon as there is room.
  void post(std::size_t stream, std::uint64_t bytes);
  /// Sends a number of 8 bytes to a source or a server of timers, which sends `expected` bytes.
  void ask(std::size_t stream, std::uint64_t number, std::uint64_t expected);
  void begin(std::size_t stream) override { post(stream, message_); }
  std::uint64_t underWay(std::size_t stream) const override;

  /// `exchanges` of messages of this size.
  long roundTrips(std::size_t bytes, long count);
  /// The last receipt of a connection.
  Receipt receipt(std::size_t stream) const;

 private:
  struct Place {
    std::uint64_t base = 0, expectedBase = 0;  // places in the pattern
    std::string text;                          // kReceipts: what came
  };
  void connecting(std::size_t index) override;
  std::span<const char> outgoing(std::size_t index) override;
  void check(std::size_t index, std::span<const char> bytes) override;
  std::string missing(std::size_t index) const override;

  Expect expect_;
  std::size_t message_;
  std::vector<Place> places_;
};

/// The sum of the first `bytes` bytes of a stream of the pattern that begins at `base`.
std::uint64_t patternSum(std::uint64_t base, std::uint64_t bytes);

}  // namespace teasel::bench
