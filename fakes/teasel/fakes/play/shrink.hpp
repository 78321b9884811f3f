#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes {

/// Judges a candidate. It runs the candidate and gives the signature of the failure: oracle and
/// kind, without sizes or times. It gives "" when nothing fails. The result must depend on nothing
/// but the arguments.
using InterestingnessTest = std::function<std::string(const Play&, std::span<const ChoiceRecord>)>;

struct ShrinkBudget {
  std::size_t runs = 2000;
};

struct Shrunk {
  Play play;
  std::vector<ChoiceRecord> records;  ///< in normal form
  std::size_t runs = 0;
  /// Whether the original failed with the wanted signature. If not, it is given back as it was.
  bool reproduced = false;
  /// Whether no pass finds anything smaller. False when the budget ended first.
  bool complete = false;
};

/// How big a failing input is. A person reads a smaller one more easily. Members are compared in
/// this order.
struct ShrinkSize {
  std::size_t events = 0;
  std::size_t bytes = 0;
  std::size_t nonZero = 0;     ///< records
  std::uint64_t sum = 0;       ///< of their values
  std::uint64_t operands = 0;  ///< of events, connection numbers included
  /// Of the bytes. 'a' is the plainest byte, then 0, then other printable bytes, then the rest.
  std::uint64_t strangeness = 0;
  friend auto operator<=>(const ShrinkSize&, const ShrinkSize&) = default;

  static ShrinkSize of(const Play& play, std::span<const ChoiceRecord> records);
};

/// Finds a smaller Play, with records, that fails with the same signature. The method is delta
/// debugging (Zeller and Hildebrandt). It drops whole connections, entities and sites, then events,
/// bytes and records; it lowers values and makes bytes plain; and it repeats all that until nothing
/// helps. It keeps a candidate only when that is smaller and shows the same signature. The result
/// is deterministic.
Shrunk shrink(const Play& play, std::span<const ChoiceRecord> records, const std::string& signature,
              const InterestingnessTest& interesting, ShrinkBudget budget = {});

}  // namespace teasel::fakes
