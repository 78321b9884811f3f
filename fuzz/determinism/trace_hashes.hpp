#pragma once

#include <string>

#include <teasel/fakes/play/tape.hpp>

namespace teasel::determinism {

/// The outcome of one tape: the trace hashes of its run in both modes of the simulated driver, and
/// the oracle of each verdict. Throws std::runtime_error when this program does not have the tape's
/// scenario.
std::string outcome(const fakes::Tape& tape);

/// The line of hashes.txt for the tape with this name: "name: outcome".
std::string line(const std::string& name, const fakes::Tape& tape);

}  // namespace teasel::determinism
