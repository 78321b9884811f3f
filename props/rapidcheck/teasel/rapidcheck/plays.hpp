#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <vector>

#include <rapidcheck/Gen.h>

#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/rapidcheck/pass_through.hpp>

namespace teasel::rapidcheck {

/// Plays: as many connections as the shape says, what they send (the shape's words among it), cuts,
/// timers, half-closes, resets, backpressure. The shape is what comes at size 50; its words must
/// live as long as the generator. Shrinks as fakes::shrink does: connections, steps, bytes are left
/// out, numbers lowered, bytes made plain.
rc::Gen<fakes::Play> plays(const fakes::PlayShape& shape = {}, const fakes::PlayLimits& limits = {});

/// What a scenario is run with: what the outside does, and what the environment decides.
struct Input {
  fakes::Play play = {};
  std::vector<fakes::ChoiceRecord> records = {};  ///< the choices, in normal form
  /// choices come from this seed, not from the records
  std::optional<std::uint64_t> seed = {};
};
/// RapidCheck's hook: the lines of a tape.
void showValue(const Input& input, std::ostream& out);

/// The choices that a run of an input with a seed draws.
using Recorder = std::function<std::vector<fakes::ChoiceRecord>(const Input&)>;

/// Inputs for a scenario: drawn Plays as its options say, or those of `corpus`; one in eight calm,
/// the others with choices from a seed. The recorder runs an input that shall be shrunk, so that
/// its choices can be: from a seed to records, and from there as fakes::shrink goes, Play and
/// choices together.
rc::Gen<Input> inputs(const fakes::Scenario& scenario, std::vector<Input> corpus, Recorder recorder);

namespace detail {
/// The inputs that are one step simpler, in the order in which fakes::shrink tries them; at most
/// `limit`.
std::vector<Input> simpler(const Input& input, std::size_t limit);
/// An input with its shrinks, each with its own. `start`: the step to begin with; those before it
/// come last.
rc::Shrinkable<Input> shrinkable(Input input, std::size_t start = 0);
}  // namespace detail

}  // namespace teasel::rapidcheck

namespace teasel::fakes {
/// RapidCheck's hook: the steps as lines of a tape.
void showValue(const Play& play, std::ostream& out);
}  // namespace teasel::fakes
