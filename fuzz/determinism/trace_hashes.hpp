#pragma once

#include <string>

#include <teasel/fakes/play/tape.hpp>

namespace teasel::determinism {

/// What one tape comes to: the trace hashes of its run in both modes of the simulated driver, and
/// the verdict's oracle. Throws std::runtime_error when this program has no such scenario.
std::string outcome(const fakes::Tape& tape);

/// The line of hashes.txt that speaks of the tape with this name: "name: outcome".
std::string line(const std::string& name, const fakes::Tape& tape);

}  // namespace teasel::determinism
