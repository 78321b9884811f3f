#pragma once

#include <optional>
#include <string>

#include <teasel/props/harness.hpp>

namespace teasel::props {

/// What chunkInvariance compares.
struct Comparison {
  /// Also inputs that the subject refuses when they come as a whole: it says a last word, or ends
  /// the connection itself. False leaves these inputs out. It helps where a parser says different
  /// things about bad input in different cuts, and you look for faults on valid input.
  bool refused = true;
  /// Also what the subject sends. False compares logs and ends only.
  bool output = true;
};

/// How two runs of one Play differ on one connection.
struct Difference {
  /// What differs, in a few words without sizes or bytes: which kinds of entries, which side
  /// closed, log or output. Two differences with different aspects are two faults. See
  /// fakes::Verdict::aspect.
  std::string aspect;
  std::string text;  ///< for people
};

/// Compares what came of one connection in two deliveries. `names` name the deliveries in the text.
/// Nothing if they agree: the connection ended for the same reason and by the same side, and last
/// words, logs and output are equal. One exception: where the subject said a last word or ended the
/// connection itself, in both deliveries, one log may be a prefix of the other, and so may the
/// output. In one chunk, more may have been reported before the error is met; and an abort drops
/// what was not sent.
std::optional<Difference> difference(const Observed& a, const std::string& nameA, const Observed& b, const std::string& nameB,
                                     const Comparison& comparison = {});

/// Whether the subject refused what it got: it said a last word or ended the connection itself.
bool refused(const Observed& observed) noexcept;

}  // namespace teasel::props
