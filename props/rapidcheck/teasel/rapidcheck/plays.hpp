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

/// Plays with as many connections as the shape says. They send bytes, among them the words of the
/// shape; they cut, half-close, reset, pass timers and stop reading. The shape is what comes at
/// size 50. Its words must live as long as the generator. Plays shrink as fakes::shrink does it:
/// connections, events and bytes are left out, numbers are lowered, and bytes are made plain.
rc::Gen<fakes::Play> plays(const fakes::PlayShape& shape = {}, const fakes::PlayLimits& limits = {});

/// What a scenario is run with: what the peers do, and what the environment decides.
struct Input {
  fakes::Play play = {};
  std::vector<fakes::ChoiceRecord> records = {};  ///< the choices, in normal form
  std::optional<std::uint64_t> seed = {};         ///< where there is one, choices come from it
};
/// Hook of RapidCheck: prints the lines of a tape.
void showValue(const Input& input, std::ostream& out);

/// Runs an input that has a seed, and gives the choices that were drawn.
using Recorder = std::function<std::vector<fakes::ChoiceRecord>(const Input&)>;

/// Inputs for a scenario. The Plays are drawn as its options say, or come from `corpus`. One in
/// eight is calm; the others have choices from a seed. The recorder runs an input that is to be
/// shrunk, to turn its seed into records. From there Play and choices are shrunk together, as
/// fakes::shrink does it.
rc::Gen<Input> inputs(const fakes::Scenario& scenario, std::vector<Input> corpus, Recorder recorder);

namespace detail {
/// The inputs that are one step simpler, in the order in which fakes::shrink tries them. At most
/// `limit`.
std::vector<Input> simpler(const Input& input, std::size_t limit);
/// An input with its shrinks, each of which has its own. `start` is the step to begin with; the
/// steps before it come last.
rc::Shrinkable<Input> shrinkable(Input input, std::size_t start = 0);
}  // namespace detail

}  // namespace teasel::rapidcheck

namespace teasel::fakes {
/// Hook of RapidCheck: prints the events as lines of a tape.
void showValue(const Play& play, std::ostream& out);
}  // namespace teasel::fakes
