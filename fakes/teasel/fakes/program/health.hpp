#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace teasel::fakes {

/// Counts the plays of a scenario whose protocols heard next to nothing. Where nearly all are so, a
/// run without a failure says little, and engines warn.
class Health {
 public:
  static constexpr std::uint64_t kFewBytes = 4;
  static constexpr std::uint64_t kEnoughPlays = 100;  ///< before that nothing is said
  static constexpr std::uint64_t kMostPercent = 90;

  /// Adds a play. `heard` is World::heard() at its end. A play without hosts does not count.
  void add(std::optional<std::uint64_t> heard) noexcept {
    if (!heard) return;
    ++plays_;
    if (*heard < kFewBytes) ++short_;
  }
  std::uint64_t plays() const noexcept { return plays_; }
  /// What is wrong, in one line; empty when nothing is.
  std::string warning() const;

 private:
  std::uint64_t plays_ = 0, short_ = 0;
};

}  // namespace teasel::fakes
