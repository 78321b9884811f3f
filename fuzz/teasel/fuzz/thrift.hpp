#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include <teasel/core/byte_view.hpp>

namespace teasel::fuzz {

/// What inputs have shown of the code under test: which edges they took, and how often, in the
/// classes of libFuzzer (1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more).
class SeenCounters {
 public:
  /// `counters` are those that the compiler's instrumentation counts in, one for each edge
  /// (-fsanitize-coverage=inline-8bit-counters). They must outlive this.
  explicit SeenCounters(std::span<std::uint8_t> counters) : counters_(counters), seen_(counters.size()) {}

  /// Whether the counters show now what they never showed when remember() was called.
  bool news() const noexcept;
  void remember() noexcept;
  /// Keeps the counters as they are now.
  void keep() { kept_.assign(counters_.begin(), counters_.end()); }
  /// Puts back what was kept. Edges that were taken only since then count as taken once.
  void putBack() noexcept;

 private:
  std::span<std::uint8_t> counters_;
  std::vector<std::uint8_t> seen_;  // of each counter, a bit for each class
  std::vector<std::uint8_t> kept_;
};

/// Decides which inputs of a campaign the dear checks of a scenario see (fakes::Sparing). An input
/// is seen if its run has shown something new when the first dear check asks, or if its hash says
/// so. Else the dear checks are left out. docs/fuzzing.md has the whole rule.
///
/// The fuzzer decides by the counters which inputs it keeps. Dear checks run an input many times.
/// So the counters that the fuzzer gets are those from before the dear checks: else each input that
/// is judged would look new beside one that is not, and the other way round.
class Thrift {
 public:
  /// Whether an input without news is judged by the `checks` dear checks of its scenario. That is
  /// one in kPerCheck * checks - 1, if it has at most kFullSize bytes: the more checks there are,
  /// the longer they take, and a single one costs little. Of longer inputs it is a smaller part:
  /// delivery byte by byte takes as many turns as there are bytes. It depends on nothing else. Who
  /// is chosen for more checks is chosen for fewer, too.
  static bool chosen(ByteView input, unsigned checks) noexcept;
  static constexpr std::uint64_t kPerCheck = 2;
  static constexpr std::size_t kFullSize = 256;

  explicit Thrift(std::span<std::uint8_t> counters) : counters_(counters) {}

  /// Until this is called, all inputs are judged: those that a campaign begins with.
  void begin() noexcept { begun_ = true; }
  /// Whether the dear checks, which run next, are to see this input.
  bool judges(ByteView input) noexcept { return !begun_ || chosen(input, checks_) || counters_.news(); }
  /// The run of an input had so many dear checks. The next input is taken to have as many.
  void had(unsigned checks) noexcept {
    if (checks == 0) return;
    checks_ = checks;
    most_ = checks > most_ ? checks : most_;
  }
  /// The dear checks have seen it.
  void judged(ByteView input);
  /// Whether the dear checks have not seen it yet. An input that the fuzzer kept for reasons that
  /// are not among the counters is one: it is smaller than another, or its value profile is new.
  bool owed(ByteView input) const { return begun_ && !chosen(input, most_) && !judged_.contains(hashOf(input)); }
  SeenCounters& counters() noexcept { return counters_; }

 private:
  static std::uint64_t hashOf(ByteView input) noexcept;

  SeenCounters counters_;
  std::unordered_set<std::uint64_t> judged_;  // without those that are chosen
  unsigned checks_ = 1, most_ = 1;            // of the last run that had some, and of any
  bool begun_ = false;
};

}  // namespace teasel::fuzz
