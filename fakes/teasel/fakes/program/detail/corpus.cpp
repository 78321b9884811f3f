#include <teasel/fakes/program/detail/corpus.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/replay.hpp>

namespace teasel::fakes {

namespace fs = std::filesystem;

namespace {

/// The names in the nearest existing folder above a missing path, for a person who has misspelt it.
std::string namesBeside(const fs::path& missing, bool folders) {
  constexpr std::size_t kMost = 30;
  std::error_code error;
  fs::path parent = fs::absolute(missing, error).parent_path();
  while (parent.has_relative_path() && !fs::is_directory(parent, error)) parent = parent.parent_path();
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    if (folders ? entry.is_directory(error) : entry.is_regular_file(error)) names.push_back(entry.path().filename().string());
  }
  const char* kind = folders ? "folder" : "file";
  if (names.empty()) return std::string("there is no ") + kind + " in " + parent.string();
  std::sort(names.begin(), names.end());
  std::string list = std::string("the ") + kind + "s in " + parent.string() + " are: " + names.front();
  for (std::size_t i = 1; i < names.size() && i < kMost; ++i) list += ", " + names[i];
  return names.size() <= kMost ? list : list + " and " + std::to_string(names.size() - kMost) + " others";
}

/// None of the files is for this scenario. A run of no inputs would look like one that holds.
[[noreturn]] void refuseCorpus(const Scenario& scenario, const std::vector<fs::path>& files) {
  const std::string name(scenario.name());
  std::string owners;
  for (const fs::path& path : files) {
    const std::string folder = path.parent_path().filename().string();
    const bool named = folder != name && findScenario(folder) != nullptr;
    const std::string owner =
        named ? "scenario " + folder + ", whose name their folder has" : "another scenario, which their tapes name";
    if (owners.find(owner) == std::string::npos) (owners += owners.empty() ? "" : "; to ") += owner;
  }
  throw UsageError("the corpus has 0 inputs for the scenario " + name + ": its " + std::to_string(files.size()) +
                   " files belong to " + owners + ". Run the other scenarios by themselves (--scenario), or put inputs for " +
                   name + " into a folder " + name);
}

}  // namespace

std::string readBytes(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw UsageError(path.string() + " is a directory; expected a tape or a fuzzer input");
  if (!fs::exists(path, error)) throw UsageError("there is no file " + path.string() + "; " + namesBeside(path, false));
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  if (!in || !(out << in.rdbuf() || in.peek() == std::ifstream::traits_type::eof())) {
    throw UsageError(path.string() + " cannot be read; expected a tape or a fuzzer input");
  }
  if (out.view().size() > Tape::kMaxSize) throw LimitExceeded("the size of " + path.string(), Tape::kMaxSize, out.view().size());
  return out.str();
}

CodecOptions codecOf(const Scenario& scenario) {
  return {.introducer = scenario.options().introducer, .limits = scenario.options().play};
}

const Scenario& theScenario(const std::string& named) {
  if (!named.empty()) return requireScenario(named);
  const std::vector<const Scenario*> all = scenarios();
  if (all.size() == 1) return *all.front();
  std::string names;
  for (const Scenario* each : all) (names += names.empty() ? "" : ", ") += each->name();
  throw UsageError("this input does not say its scenario; choose with --scenario one of: " + (names.empty() ? "none" : names));
}

InputFile readInput(const fs::path& path, const std::string& scenario) {
  const std::string text = readBytes(path);
  InputFile input{path.string(), {}};
  if (Tape::looksLikeTape(text)) {
    input.tape = Tape::parse(text, path.string());
    if (!scenario.empty()) input.tape.scenario = scenario;
    input.tape.scenario = theScenario(input.tape.scenario).name();
    return input;
  }
  const Scenario& reader = theScenario(scenario);
  input.tape.scenario = reader.name();
  decode(text, codecOf(reader), input.tape.play, input.tape.records);
  return input;
}

std::vector<fs::path> corpusFiles(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error))
    throw UsageError("the corpus: there is no directory " + directory + "; " + namesBeside(directory, true));
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.')) files.push_back(entry.path());
  }
  if (files.empty()) throw UsageError("the corpus: the directory " + directory + " is empty");
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<InputFile> corpusOf(const Scenario& scenario, const std::vector<fs::path>& files) {
  std::vector<InputFile> inputs;
  for (const fs::path& path : files) {
    const std::string folder = path.parent_path().filename().string();
    if (folder != scenario.name() && findScenario(folder) != nullptr) continue;
    const std::string text = readBytes(path);
    if (Tape::looksLikeTape(text)) {
      const std::string& named = Tape::parse(text, path.string()).scenario;
      if (!named.empty() && requireScenario(named).name() != scenario.name()) continue;
    }
    inputs.push_back(readInput(path, std::string(scenario.name())));
  }
  if (inputs.empty() && !files.empty()) refuseCorpus(scenario, files);
  return inputs;
}

}  // namespace teasel::fakes
