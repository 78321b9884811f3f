#pragma once

#include <algorithm>
#include <array>

#include <teasel/fakes/play/choice_sites.hpp>
#include <teasel/fakes/play/event_row.hpp>

namespace teasel::fakes {

/// The climate of a run is how its drivers work and which kinds of faults exist in it. Each run of
/// a scenario draws one, from choices as all else: 0 is drivers by readiness and no fault but those
/// that the scenario's world has anyway. Then each fault is drawn by itself. A run with few kinds
/// of trouble reaches states that a run with all kinds never reaches.
///
/// These are the limits of what is drawn: what a scenario cannot stand. Say why beside them.
struct ClimateLimits {
  /// Faults that no climate brings. A scenario that sets up a port cannot stand a listen that
  /// fails, unless it catches CannotListenError.
  RowList<FaultSwitch, 16> without = {&Faults::listen};
  bool completion = true;  ///< whether drivers may work by completions

  /// Only the calm climate.
  static constexpr ClimateLimits calm() noexcept {
    return {.without = {&Faults::reset, &Faults::refuse, &Faults::listen, &Faults::stalls, &Faults::windows, &Faults::slow,
                        &Faults::partition, &Faults::crash, &Faults::names},
            .completion = false};
  }
  /// Whether climates may bring this fault. Latency is no part of them: a scenario has it unless it
  /// turns it off itself.
  constexpr bool mayBring(const FaultSwitch& fault) const noexcept {
    return !fault.isOn(Faults()) && std::find(without.begin(), without.end(), fault) == without.end();
  }
};

/// How often a fault comes, by the value drawn at the site faultRatio.
inline constexpr std::array<Ratio, 4> kFaultRatios = {{{1, 8}, {1, 64}, {1, 512}, {1, 2}}};

}  // namespace teasel::fakes
