#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes {

/// What a candidate is judged by: runs it and gives the signature of its failure (oracle and kind,
/// without sizes or times), or "" when nothing fails. Must be a function of its arguments.
using InterestingnessTest = std::function<std::string(const Play&, std::span<const ChoiceRecord>)>;

struct ShrinkBudget {
  std::size_t runs = 2000;
};

struct Shrunk {
  Play play;
  std::vector<ChoiceRecord> records;  ///< in normal form
  std::size_t runs = 0;
  /// the original fails with the signature that was asked for; else it is given back as it was
  bool reproduced = false;
  /// no pass finds anything smaller; else the budget ended first: "not fully shrunk"
  bool complete = false;
};

/// How big a failing input is; smaller is read more easily. Compared in this order.
struct ShrinkSize {
  std::size_t events = 0;
  std::size_t bytes = 0;
  std::size_t nonZero = 0;     ///< records
  std::uint64_t sum = 0;       ///< of their values
  std::uint64_t operands = 0;  ///< of events, connection numbers included
  /// of bytes: 'a' is the plainest, then 0, then other letters and signs
  std::uint64_t strangeness = 0;
  friend auto operator<=>(const ShrinkSize&, const ShrinkSize&) = default;

  static ShrinkSize of(const Play& play, std::span<const ChoiceRecord> records);
};

/// Finds a smaller Play with records that fails with the same signature, by delta debugging: drops
/// whole connections, entities and sites, then events, bytes and records, lowers values, makes
/// bytes plain; again until nothing helps. Keeps a candidate only when it is smaller and shows the
/// very signature. Deterministic.
Shrunk shrink(const Play& play, std::span<const ChoiceRecord> records, const std::string& signature,
              const InterestingnessTest& interesting, ShrinkBudget budget = {});

}  // namespace teasel::fakes
