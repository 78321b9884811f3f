#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::fakes {

/// One input for a scenario, read from a file.
struct InputFile {
  std::string path;
  Tape tape;
};

/// How fuzzer inputs are read and written for this scenario.
CodecOptions codecOf(const Scenario& scenario);

/// The scenario of this name; for an empty name, the only one that is linked into this program.
/// Throws UsageError otherwise, and names those that there are.
const Scenario& theScenario(const std::string& named);

/// What is in a file. Throws UsageError for what cannot be read, and LimitExceeded for more than
/// Tape::kMaxSize bytes.
std::string readBytes(const std::filesystem::path& path);

/// Reads a tape, or a fuzzer input for `scenario`. An empty name stands for the scenario that the
/// tape names. Throws UsageError for what cannot be read, LimitExceeded for more than
/// Tape::kMaxSize bytes, and TapeError for what begins as a tape and is none.
InputFile readInput(const std::filesystem::path& path, const std::string& scenario);

/// The files in a folder and below it, sorted by path, without those whose names begin with a dot.
/// Throws UsageError when the folder does not exist or holds no file.
std::vector<std::filesystem::path> corpusFiles(const std::string& directory);

/// The inputs among `files` that are for this scenario: its tapes, the files in a folder of its
/// name, and fuzzer inputs that lie in the folder of no scenario. Throws UsageError if there are
/// files and none is for this scenario, and says whose they are.
std::vector<InputFile> corpusOf(const Scenario& scenario, const std::vector<std::filesystem::path>& files);

}  // namespace teasel::fakes
