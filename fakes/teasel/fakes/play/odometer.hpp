#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {

/// A run drew something else than the run before, although all values up to there were the same. So
/// the scenario is not deterministic.
class OdometerMismatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// There are more combinations than were allowed. what() says how far the enumeration got.
class OdometerBudget : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Walks through every combination of the draws of chosen sites, like the digits of an odometer.
/// Draws stand in the order of the run, and the last draw moves first. The number of draws may
/// depend on earlier values: whatever a run draws after the same first values is enumerated. All
/// other sites give 0.
///
///     Odometer odometer({ChoiceSite::kCut}, {.runs = 40'000});
///     while (odometer.next()) {
///       choices.useOdometer(odometer);
///       ... one run ...
///     }
class Odometer {
 public:
  struct Budget {
    std::size_t runs = 1'000'000;
    std::size_t draws = 4096;  ///< of the chosen sites in one run
  };

  explicit Odometer(std::vector<std::uint16_t> sites) : Odometer(std::move(sites), Budget()) {}
  Odometer(std::vector<std::uint16_t> sites, Budget budget);
  explicit Odometer(std::initializer_list<ChoiceSite> sites) : Odometer(sites, Budget()) {}
  Odometer(std::initializer_list<ChoiceSite> sites, Budget budget);

  /// Prepares the next run; false when all combinations have been run. Throws OdometerMismatch or
  /// OdometerBudget for what the run before met. It never throws inside a run, because a guard of a
  /// connection would take the exception for the user's.
  bool next();
  /// One draw of the run. Choices calls it.
  std::uint64_t draw(std::uint64_t bound, ChoiceKey key) { return enumerates(key.site) ? drawDigit(bound, key) : 0; }

  /// Runs made so far, the current one included.
  std::size_t runs() const noexcept { return runs_; }
  /// Whether the run before showed that the scenario is not deterministic or exceeds the budget.
  /// Then next() will throw.
  bool broken() const noexcept { return mismatch_.has_value() || tooDeep_; }
  /// Where it stands: "run 17: cut 3 of 16, cut 0 of 2".
  std::string progress() const;

 private:
  struct Digit {
    ChoiceKey key;
    std::uint64_t bound;
    std::uint64_t value;
  };

  /// Most draws are at other sites, and those of Teasel have small numbers.
  bool enumerates(std::uint16_t site) const noexcept {
    return site < 64 ? (smallSites_ >> site & 1) != 0 : std::binary_search(sites_.begin(), sites_.end(), site);
  }
  std::uint64_t drawDigit(std::uint64_t bound, ChoiceKey key);

  std::vector<std::uint16_t> sites_;  // sorted
  std::uint64_t smallSites_ = 0;      // those below 64, as bits
  Budget budget_;
  std::vector<Digit> digits_;
  std::size_t at_ = 0;  // draws made in this run
  std::size_t runs_ = 0;
  bool done_ = false;
  bool tooDeep_ = false;
  std::optional<std::string> mismatch_;
};

}  // namespace teasel::fakes
