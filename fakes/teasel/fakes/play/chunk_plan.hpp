#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes {

/// Where a stream of bytes is cut into deliveries. A ChunkPlan is a value, and it means the same
/// for every stream.
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
  /// Deliveries of these sizes, then the rest in one. Sizes of 0 are ignored, because there is no
  /// empty delivery.
  static ChunkPlan sizes(const std::vector<std::size_t>& sizes);
  /// Cuts before the bytes at these positions. The order does not matter. Position 0 and positions
  /// beyond the end are ignored.
  static ChunkPlan cutAt(std::vector<std::size_t> positions);
  /// Every plan that cuts n bytes exactly once: n - 1 plans.
  static std::vector<ChunkPlan> everySplit(std::size_t n);
  /// Every way to cut n bytes: 2^(n-1) plans, the whole one first. Throws LimitExceeded above
  /// kMaxAllCuts.
  static std::vector<ChunkPlan> allCuts(std::size_t n);
  /// One plan of allCuts: bit i of `mask` cuts before byte i + 1.
  static ChunkPlan ofMask(std::uint32_t mask);
  /// Cuts that are drawn with a seed, many in one plan and few in another.
  static ChunkPlan drawn(std::size_t n, std::uint64_t seed);
  /// Writes that were made one by one arrive as one delivery: cuts that the Play names are dropped.
  static ChunkPlan coalesced() { return {}; }
  /// The same cuts, and the end of stream comes in the same turn as the last bytes.
  ChunkPlan finWithLast() const;

  /// Where n bytes are cut: positions in ascending order, each between 1 and n - 1.
  std::vector<std::size_t> positions(std::size_t n) const;
  bool endsWithLast() const noexcept { return finWithLast_; }
  /// Calls f(ByteView) for each delivery. No delivery is empty.
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
  /// The C++ expression that makes this plan: "ChunkPlan::cutAt({3, 4})".
  std::string text() const;
  /// The Play with other cuts on connection k. Positions count all bytes that the connection sends.
  /// Other events stay where they are.
  Play applyTo(const Play& play, unsigned k) const;
  friend bool operator==(const ChunkPlan&, const ChunkPlan&) = default;

 private:
  std::vector<std::size_t> cuts_;  // ascending, without 0, no position twice
  std::size_t every_ = 0;          // when not 0: cuts at each multiple of this instead
  bool finWithLast_ = false;
};

}  // namespace teasel::fakes
