#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes {

/// Where a stream of bytes is cut into deliveries. A value; says the same for every stream.
///
///     transport.feed(bytes, ChunkPlan::sizes({3, 1}));
///     for (const ChunkPlan& plan : ChunkPlan::everySplit(bytes.size())) ...
class ChunkPlan {
 public:
  static constexpr std::size_t kMaxAllCuts = 16;

  /// One delivery.
  static ChunkPlan whole() { return {}; }
  /// A delivery for each byte.
  static ChunkPlan bytewise() { return every(1); }
  /// Deliveries of `size` bytes (at least 1).
  static ChunkPlan every(std::size_t size);
  /// Deliveries of these sizes, then the rest in one. Zeros say nothing: there is no empty
  /// delivery.
  static ChunkPlan sizes(const std::vector<std::size_t>& sizes);
  /// Cuts before the bytes at these positions, in any order; 0 and what is beyond the end say
  /// nothing.
  static ChunkPlan cutAt(std::vector<std::size_t> positions);
  /// Every plan with exactly one cut of n bytes: n - 1 of them.
  static std::vector<ChunkPlan> everySplit(std::size_t n);
  /// Every way to cut n bytes: 2^(n-1) plans, the whole first. Throws LimitExceeded above
  /// kMaxAllCuts.
  static std::vector<ChunkPlan> allCuts(std::size_t n);
  /// The plan of one such way: bit i of `mask` cuts before byte i + 1.
  static ChunkPlan ofMask(std::uint32_t mask);
  /// Cuts drawn with a seed, now dense, now sparse.
  static ChunkPlan drawn(std::size_t n, std::uint64_t seed);
  /// Writes that were made one by one arrive as one: cuts that the Play names are dropped.
  static ChunkPlan coalesced() { return {}; }
  /// The same cuts, and the end of stream in the same turn as the last bytes.
  ChunkPlan finWithLast() const;

  /// Where n bytes are cut: ascending, each between 1 and n - 1.
  std::vector<std::size_t> positions(std::size_t n) const;
  bool endsWithLast() const noexcept { return finWithLast_; }
  /// Calls f(ByteView) for each delivery, never with nothing.
  template <class F>
  void forEachChunk(ByteView bytes, F&& f) const {
    std::size_t from = 0;
    if (every_ != 0) {
      for (; from < bytes.size(); from += every_) f(bytes.sub(from, every_));
      return;
    }
    for (const std::size_t cut : cuts_) {
      if (cut >= bytes.size()) break;
      f(bytes.sub(from, cut - from));
      from = cut;
    }
    if (from < bytes.size()) f(bytes.sub(from));
  }
  /// As an expression that makes it: "ChunkPlan::cutAt({3, 4})".
  std::string text() const;
  /// The Play with the cuts of connection k replaced: positions count all bytes that it sends.
  /// Other events stay in place.
  Play applyTo(const Play& play, unsigned k) const;
  friend bool operator==(const ChunkPlan&, const ChunkPlan&) = default;

 private:
  std::vector<std::size_t> cuts_;  // ascending, none twice, none 0
  std::size_t every_ = 0;          // or, when not 0, at each multiple of this
  bool finWithLast_ = false;
};

}  // namespace teasel::fakes
