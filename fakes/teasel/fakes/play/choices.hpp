#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <teasel/fakes/play/choice_sites.hpp>

namespace teasel::fakes {

class Odometer;

/// Names a stream of decisions: who decides, and about what. Entities count from 0 in the order in
/// which hosts, streams and timers are created. An entity is never an address.
struct ChoiceKey {
  std::uint32_t entity = 0;
  std::uint16_t site = 0;

  constexpr ChoiceKey(std::uint32_t anEntity, ChoiceSite aSite) noexcept
      : entity(anEntity), site(static_cast<std::uint16_t>(aSite)) {}
  constexpr ChoiceKey(std::uint32_t anEntity, std::uint16_t aSite) noexcept : entity(anEntity), site(aSite) {}
};

/// One decision. The draw number `index` of the stream (entity, site) had `bound` possible values
/// and got `value`. A bound of 0 means that the bound is not known. Records that come from fuzzer
/// bytes have no bounds.
struct ChoiceRecord {
  std::uint32_t entity = 0;
  std::uint16_t site = 0;
  std::uint32_t index = 0;
  std::uint64_t bound = 0;
  std::uint64_t value = 0;
  friend bool operator==(const ChoiceRecord&, const ChoiceRecord&) = default;
};

/// Brings records into their one canonical form. They are sorted by (entity, site, index). Of equal
/// keys the last record is kept. Records of value 0 are dropped.
void normalise(std::vector<ChoiceRecord>& records);

/// Whether a PRNG source leaves about half of the sites at 0 in a run; each seed leaves another
/// half. A run with few kinds of trouble reaches states that a run with all kinds never reaches.
/// Sites of Play::draw always take part.
enum class Swarm : std::uint8_t { kOff, kOn };

/// Whether a source of records also notes draws where it has no record, so that every draw is 0.
enum class Recording : std::uint8_t {
  kIfRecords,  ///< no: such a source is calm, which is fast
  kAlways,     ///< yes, for somebody who wants to know what could be drawn
};

/// The one source of what the environment decides: where bytes are cut, who goes first, delays,
/// faults.
///
/// A Choices can be used again: each use*() starts anew and keeps the memory. The records or the
/// odometer that a source refers to must live until the next use*(). A calm source is the default,
/// and it costs one predictable branch for each draw. At most kMaxDraws draws are answered and
/// recorded. Draws beyond that give 0 and are counted.
class Choices {
 public:
  static constexpr std::size_t kMaxDraws = 1'000'000;

  /// A value below `bound`; 0 is the benign one. With a bound of 0 or 1 nothing is drawn, and the
  /// result is 0.
  std::uint64_t below(std::uint64_t bound, ChoiceKey key) {
    if (source_ == Source::kCalm) [[likely]]
      return 0;
    return bound <= 1 ? 0 : draw(bound, key, Ratio{0, 0});
  }
  /// True in about n of d draws of a PRNG. It is recorded, enumerated and replayed as a draw with
  /// bound 2. In a calm world it is never true. With n = 0 nothing is drawn.
  bool chance(Ratio ratio, ChoiceKey key) {
    if (source_ == Source::kCalm) [[likely]]
      return false;
    return ratio.n != 0 && draw(2, key, ratio) != 0;
  }

  /// Every draw is 0 and none is recorded.
  void useCalm() noexcept;
  /// The value is mix(seed, entity, site, index). So draws of one stream do not depend on draws of
  /// other streams.
  void usePrng(std::uint64_t seed, Swarm swarm = Swarm::kOff);
  /// Takes values from records by key; their order does not matter. Of equal keys the last one
  /// counts. A draw without a record gives 0. A value that is too large becomes bound - 1. Without
  /// any record the source is calm, unless `recording` says that all draws are wanted.
  ///
  /// A record of ChoiceSite::kClimateSeed is the seed of all draws that have no record of their
  /// own, except those at sites of users: they come from a PRNG, as with usePrng and Swarm::kOn.
  /// So a single record changes all that the environment does. records() has the values, and gives
  /// the same run without that seed.
  void useRecords(std::span<const ChoiceRecord> records, Recording recording = Recording::kIfRecords);
  /// The same for a tape. A tape is stale when some of its records were not used or did not fit:
  /// ask unused() and clamped() after the run.
  void useTape(std::span<const ChoiceRecord> records) { useRecords(records); }
  /// Enumerates the odometer's sites; all other sites give 0. Call it once for each run, after
  /// Odometer::next.
  void useOdometer(Odometer& odometer);

  bool calm() const noexcept { return source_ == Source::kCalm; }
  /// Every draw since the last use*(), in run order.
  const std::vector<ChoiceRecord>& records() const noexcept { return records_; }
  /// How many records of the source were never drawn, and how many draws had a record that did not
  /// fit the bound.
  std::size_t unused() const noexcept { return source_ == Source::kRecords ? given_.size() - used_ : 0; }
  std::size_t clamped() const noexcept { return clamped_; }
  /// Whether the run has drawn the record of the source with this key. Only for a source of
  /// records.
  bool hasDrawn(const ChoiceRecord& record) const;
  /// How many draws came after the first kMaxDraws.
  std::size_t unrecorded() const noexcept { return unrecorded_; }

 private:
  enum class Source : std::uint8_t { kCalm, kPrng, kRecords, kOdometer };
  struct Stream {
    std::uint64_t key = 0;
    std::uint64_t seed = 0;  // PRNG: of this stream
    // Of the run that the slot belongs to. So one increment clears the whole table.
    std::uint32_t generation = 0;
    std::uint32_t index = 0;   // of the next draw
    std::uint32_t cursor = 0;  // records: the first one that may be next
    bool off = false;          // PRNG: the swarm left this site out
  };

  std::uint64_t draw(std::uint64_t bound, ChoiceKey key, Ratio ratio);
  std::uint64_t drawPrng(const Stream& stream, std::uint64_t bound, Ratio ratio) const;
  std::uint64_t drawRecord(Stream& stream, std::uint64_t bound, ChoiceKey key, Ratio ratio);
  void takeClimateSeed();
  void setSeed(std::uint64_t seed, Swarm swarm) noexcept;
  std::uint64_t swarmCoin(std::uint16_t site) const noexcept;
  Stream& streamOf(ChoiceKey key);
  void openStream(Stream& stream, ChoiceKey key);
  void growTable();
  void begin(Source source);

  Source source_ = Source::kCalm;
  Swarm swarm_ = Swarm::kOff;
  bool seeded_ = false;          // records: draws without one come from the PRNG
  std::uint64_t mixedSeed_ = 0;  // PRNG: what the seeds of all streams begin with
  Odometer* odometer_ = nullptr;
  std::vector<ChoiceRecord> records_;
  std::vector<ChoiceRecord> given_;  // sorted; the bound is 0 until a record is drawn
  // Open addressing; the size is a power of two. It is looked up only, never walked in order.
  std::vector<Stream> streams_;
  std::size_t open_ = 0;
  std::uint32_t generation_ = 1;
  std::size_t used_ = 0, clamped_ = 0, unrecorded_ = 0;
};

namespace detail {

/// The mixer of the counter-based PRNG, which is the finaliser of SplitMix64. It is a bijection of
/// 64 bits and gives the same numbers on every compiler.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
inline constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
/// The seed of the stream (entity, site) in a run with this seed. streamNumber gives the numbers of
/// such a stream by index.
constexpr std::uint64_t mixedSeed(std::uint64_t seed) noexcept { return mix(seed + kGolden); }
constexpr std::uint64_t streamSeedOf(std::uint64_t mixed, ChoiceKey key) noexcept {
  return mix(mixed ^ (((std::uint64_t{key.entity} << 16) | key.site) * kGolden));
}
constexpr std::uint64_t streamSeed(std::uint64_t seed, ChoiceKey key) noexcept { return streamSeedOf(mixedSeed(seed), key); }
constexpr std::uint64_t streamNumber(std::uint64_t stream, std::uint32_t index) noexcept {
  return mix(stream + (std::uint64_t{index} + 1) * kGolden);
}
/// Makes a number below `bound` from 64 random bits: the high half of the product.
constexpr std::uint64_t scaled(std::uint64_t random, std::uint64_t bound) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(random) * bound) >> 64);
}

}  // namespace detail
}  // namespace teasel::fakes
