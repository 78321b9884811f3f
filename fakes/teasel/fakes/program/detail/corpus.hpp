#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::fakes {

/// One input for a scenario, from a file.
struct InputFile {
  std::string path;
  Tape tape;
};

/// How inputs of a fuzzer are read and written for this scenario.
CodecOptions codecOf(const Scenario& scenario);

/// The scenario of this name; for an empty name, the only one that is linked into this program.
/// Else UsageError, with those that there are.
const Scenario& theScenario(const std::string& named);

/// Reads a tape, or bytes of a fuzzer as `scenario` has them: by name, or empty for a tape's own.
/// Throws UsageError for what cannot be read, LimitExceeded for more than Tape::kMaxSize bytes,
/// TapeError for what begins as a tape and is none.
InputFile readInput(const std::filesystem::path& path, const std::string& scenario);

/// The files in a folder and those in it, sorted by path; not those whose names begin with a dot.
/// Throws UsageError when it is not there, or holds none.
std::vector<std::filesystem::path> corpusFiles(const std::string& directory);

/// The inputs among `files` that are for this scenario: its tapes, files in a folder of its name,
/// and raw files in no scenario's folder.
std::vector<InputFile> corpusOf(const Scenario& scenario, const std::vector<std::filesystem::path>& files);

}  // namespace teasel::fakes
