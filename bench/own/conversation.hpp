#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include <teasel/bench/benchmark.hpp>

#include "../load/connections.hpp"

namespace teasel::bench {

/// Clients that say what a Benchmark says, and compare every byte of the replies.
class Conversation final : public LoadConnections {
 public:
  /// Connects. The benchmark is borrowed. `firstNumber` is what takeNumbers(connections) gave.
  Conversation(std::uint16_t port, int connections, const Benchmark& benchmark, long firstNumber);
  Conversation(std::uint16_t port, int connections, const Benchmark& benchmark)
      : Conversation(port, connections, benchmark, takeNumbers(connections)) {}

  /// Numbers that no other connection of this process has. Returns the first of them.
  static long takeNumbers(long count);
  /// Waits until each connection has heard the greeting and is logged in.
  void open() { finish(); }
  void begin(std::size_t index) override;
  std::uint64_t underWay(std::size_t index) const override { return talks_[index].underWay; }

 private:
  /// A reply that is expected, from one byte of the connection up to another.
  struct Reply {
    std::uint64_t begin, end;
    std::string what;  ///< "login 1"; empty: an exchange
    long round;
  };
  struct Talk {
    long number = -1;  ///< Turn::connection
    long round = 0;
    std::size_t step = 0;        ///< of the opening: the next one
    std::uint64_t underWay = 0;  ///< exchanges
    std::string out;             ///< what is posted, from outFrom on
    std::string wanted;          ///< what is expected, from wantedFrom on
    std::uint64_t outFrom = 0, wantedFrom = 0;
    std::deque<Reply> replies;
    std::string end;   ///< of a reply that goes on until this comes
    std::string last;  ///< of such a reply: the last bytes of what came
  };
  void connecting(std::size_t index) override;
  void opened(std::size_t index) override;
  std::span<const char> outgoing(std::size_t index) override;
  void check(std::size_t index, std::span<const char> bytes) override;
  /// `check`, where a reply goes on until its end comes.
  void checkUntil(std::size_t index, ByteView bytes);
  void checked(std::size_t index) override;
  std::string missing(std::size_t index) const override;
  /// With Turn::connection, which no other connection of the run has.
  std::string nameOf(std::size_t index) const override;

  /// Sends a request, and expects its reply.
  void say(std::size_t index, const Benchmark::Exchange& exchange, Reply reply);
  /// What is expected of a byte, for people: "byte 4 of the reply of round 7".
  static std::string placeOf(const Reply& reply, std::uint64_t at);

  const Benchmark& benchmark_;
  long firstNumber_;
  std::vector<Talk> talks_;
};

}  // namespace teasel::bench
