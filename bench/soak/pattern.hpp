#pragma once

#include <cstddef>
#include <cstdint>

#include <teasel/core/byte_view.hpp>

namespace teasel::soak {

/// The two ends of a connection.
enum class Role : std::uint8_t { kClient, kServer };
constexpr Role otherThan(Role role) noexcept { return role == Role::kClient ? Role::kServer : Role::kClient; }
const char* name(Role role) noexcept;

/// Numbers that look random. They depend on what the dice was made from, and on nothing else.
class Dice {
 public:
  explicit Dice(std::uint64_t seed, std::uint64_t number = 0, std::uint64_t purpose = 0) noexcept;
  std::uint64_t next() noexcept;
  /// A number below `bound`, which is at least 1.
  std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }
  /// A number from `low` to `high`, both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept { return low + below(high - low + 1); }
  bool oneIn(std::uint64_t times) noexcept { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

/// What one end of a connection sends: bytes that look random, and depend on the seed, the number
/// of the connection and the direction. The client's stream begins with the number (kHeader bytes,
/// the most significant first), so that the server learns whom it talks to.
class Pattern {
 public:
  static constexpr std::size_t kHeader = 8;

  Pattern(std::uint64_t seed, std::uint64_t number, Role from) noexcept;
  /// Writes the bytes from `position` on.
  void fill(std::uint64_t position, char* to, std::size_t size) const noexcept;
  /// How many of `bytes` are what stands in the stream from `position` on, before the first that is
  /// not.
  std::size_t agree(std::uint64_t position, ByteView bytes) const noexcept;
  /// The number that a header says. `header` has kHeader bytes.
  static std::uint64_t numberIn(ByteView header) noexcept;

 private:
  char at(std::uint64_t position) const noexcept;

  std::uint64_t key_, number_;
  bool hasHeader_;
};

}  // namespace teasel::soak
