#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fuzz {

/// What a run of an input did, as far as it tells the mutator what could be changed.
struct InputFacts {
  /// The most draws that are kept of one site. Of a site that drew more often, these are a sample.
  static constexpr std::size_t kMostDraws = 24;
  /// The most bytes that are kept of what one remote peer received.
  static constexpr std::size_t kMostOutput = 1024;

  /// What was drawn at one site.
  struct SiteDraws {
    std::uint16_t site = 0;
    std::uint64_t count = 0;                  ///< of all draws
    std::vector<fakes::ChoiceRecord> some{};  ///< with their bounds
  };
  std::vector<SiteDraws> sites;           ///< in the order of their first draws
  std::vector<fakes::ChoiceRecord> live;  ///< those records of the input that were drawn
  /// What each remote peer received, up to kMostOutput bytes.
  std::array<std::string, fakes::Play::kMaxConnections> outputs;

  /// Replaces all of it by what the last run in `world` did. `records` are those of its input. The
  /// world's choices must have been recorded.
  void take(fakes::World& world, const std::vector<fakes::ChoiceRecord>& records);
};

/// Gives the facts about an input. Null where they are not known and are not to be had now. What
/// is returned lives as long as who gave it; later calls may overwrite it with facts about another
/// input.
using FactsOf = std::function<const InputFacts*(ByteView input)>;

/// Facts about a number of inputs. A new one takes the place of an old one.
class FactTable {
 public:
  static constexpr std::size_t kInputs = 64;

  /// Null where nothing is known of the input, or no longer.
  const InputFacts* find(ByteView input) const noexcept;
  /// The facts about the input, to be filled in.
  InputFacts& renew(ByteView input);

 private:
  struct Entry {
    std::uint64_t hash = 0;  // of the input; 0: none
    InputFacts facts;
  };
  std::array<Entry, kInputs> entries_;
};

}  // namespace teasel::fuzz
