#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <teasel/fakes/play/choice_sites.hpp>

namespace teasel::fakes {

class Odometer;

/// Names a stream of decisions: what decides (entity ids count from 0 in the order in which hosts,
/// streams and timers are created, never an address) and what about.
struct ChoiceKey {
  std::uint32_t entity = 0;
  std::uint16_t site = 0;

  constexpr ChoiceKey(std::uint32_t anEntity, ChoiceSite aSite) noexcept
      : entity(anEntity), site(static_cast<std::uint16_t>(aSite)) {}
  constexpr ChoiceKey(std::uint32_t anEntity, std::uint16_t aSite) noexcept : entity(anEntity), site(aSite) {}
};

/// One decision: the index-th draw of the stream (entity, site) had `bound` possible values and got
/// `value`. A bound of 0 means that it is not known (records that come from fuzzer bytes).
struct ChoiceRecord {
  std::uint32_t entity = 0;
  std::uint16_t site = 0;
  std::uint32_t index = 0;
  std::uint64_t bound = 0;
  std::uint64_t value = 0;
  friend bool operator==(const ChoiceRecord&, const ChoiceRecord&) = default;
};

/// Brings records into their one canonical form: sorted by (entity, site, index), the last of
/// equals kept, zeros dropped.
void normalise(std::vector<ChoiceRecord>& records);

/// Whether a PRNG source leaves about half of the sites at 0 in each run (another half per seed):
/// runs in which few kinds of trouble occur reach states that the all-at-once runs never do. Sites
/// of Play::draw are exempt.
enum class Swarm : std::uint8_t { kOff, kOn };

/// The one source of what the environment decides: where bytes are cut, who goes first, delays,
/// faults.
///
/// Reusable: each use*() starts anew and keeps memory. What a source refers to (records, odometer)
/// must live until the next use*(). Calm is the default and costs one predictable branch per draw.
/// At most kMaxDraws draws are answered and recorded; those beyond are 0 and counted.
class Choices {
 public:
  static constexpr std::size_t kMaxDraws = 1'000'000;

  /// A value below `bound`; 0 is the benign one. A bound of 0 or 1 draws nothing and gives 0.
  std::uint64_t below(std::uint64_t bound, ChoiceKey key) {
    if (source_ == Source::kCalm) [[likely]]
      return 0;
    return bound <= 1 ? 0 : draw(bound, key, Ratio{0, 0});
  }
  /// True in about n of d draws of a PRNG; recorded, enumerated and replayed as a draw with bound
  /// 2. Never true in a calm world, and n = 0 draws nothing.
  bool chance(Ratio ratio, ChoiceKey key) {
    if (source_ == Source::kCalm) [[likely]]
      return false;
    return ratio.n != 0 && draw(2, key, ratio) != 0;
  }

  /// Every draw is 0 and none is recorded.
  void useCalm() noexcept;
  /// value = mix(seed, entity, site, index): the order of draws of different streams does not
  /// matter.
  void usePrng(std::uint64_t seed, Swarm swarm = Swarm::kOff);
  /// Records by key, in any order, position-free: the last of equals wins, absent is 0, too large
  /// is clamped to bound - 1. No records at all is calm.
  void useRecords(std::span<const ChoiceRecord> records);
  /// The same for a tape, where records that were not used or did not fit tell that it has become
  /// stale: ask unused() and clamped() after the run.
  void useTape(std::span<const ChoiceRecord> records) { useRecords(records); }
  /// Exhaustive enumeration over the odometer's sites, 0 at all others. Call it after
  /// Odometer::next, once per run.
  void useOdometer(Odometer& odometer);

  bool calm() const noexcept { return source_ == Source::kCalm; }
  /// Every draw since the last use*(), in run order.
  const std::vector<ChoiceRecord>& records() const noexcept { return records_; }
  /// Records of the source whose draw never came; draws whose record did not fit its bound.
  std::size_t unused() const noexcept { return source_ == Source::kRecords ? given_.size() - used_ : 0; }
  std::size_t clamped() const noexcept { return clamped_; }
  /// Draws beyond kMaxDraws.
  std::size_t unrecorded() const noexcept { return unrecorded_; }

 private:
  enum class Source : std::uint8_t { kCalm, kPrng, kRecords, kOdometer };
  struct Stream {
    std::uint64_t key = 0;
    std::uint64_t seed = 0;  // PRNG: of this stream
    // of the run that the slot belongs to: clearing the table is one increment
    std::uint32_t generation = 0;
    std::uint32_t index = 0;   // of the next draw
    std::uint32_t cursor = 0;  // records: the first that may be next
    bool off = false;          // PRNG: the swarm left this site out
  };

  std::uint64_t draw(std::uint64_t bound, ChoiceKey key, Ratio ratio);
  std::uint64_t drawPrng(const Stream& stream, std::uint64_t bound, Ratio ratio) const;
  std::uint64_t drawRecord(Stream& stream, std::uint64_t bound, ChoiceKey key);
  Stream& streamOf(ChoiceKey key);
  void openStream(Stream& stream, ChoiceKey key);
  void growTable();
  void begin(Source source);

  Source source_ = Source::kCalm;
  Swarm swarm_ = Swarm::kOff;
  std::uint64_t seed_ = 0;
  Odometer* odometer_ = nullptr;
  std::vector<ChoiceRecord> records_;
  std::vector<ChoiceRecord> given_;  // sorted
  // open addressing, a power of two, looked up only, never walked in order
  std::vector<Stream> streams_;
  std::size_t open_ = 0;
  std::uint32_t generation_ = 1;
  std::size_t used_ = 0, clamped_ = 0, unrecorded_ = 0;
};

namespace detail {

/// The mixer of the counter-based PRNG (the finaliser of SplitMix64): a bijection of 64 bits, the
/// same on every compiler.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
inline constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
/// The seed of the stream (entity, site) of a run with this seed, and the index-th number of a
/// stream.
constexpr std::uint64_t streamSeed(std::uint64_t seed, ChoiceKey key) noexcept {
  return mix(mix(seed + kGolden) ^ (((std::uint64_t{key.entity} << 16) | key.site) * kGolden));
}
constexpr std::uint64_t streamNumber(std::uint64_t stream, std::uint32_t index) noexcept {
  return mix(stream + (std::uint64_t{index} + 1) * kGolden);
}
/// A number below `bound` from 64 random bits: the high half of the product.
constexpr std::uint64_t scaled(std::uint64_t random, std::uint64_t bound) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(random) * bound) >> 64);
}

}  // namespace detail
}  // namespace teasel::fakes
