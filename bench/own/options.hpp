#pragma once

#include <optional>
#include <string>
#include <vector>

namespace teasel::bench {

/// What the command line asks for.
struct Options {
  std::vector<std::string> reactors;  ///< empty: all
  std::vector<int> connections{1, 64, 1000};
  std::string filter, json, against;
  std::optional<int> rate;
  bool list = false, help = false;
};

/// Reads it, and sets effort(). Throws UsageError with one line that says what is wrong and, where
/// a name is unknown, which there are.
Options readOptions(const std::vector<std::string>& words);
/// What --help prints.
std::string helpText(const std::string& program);

/// A driver that was asked for.
struct Candidate {
  std::string name;
  std::string absent;  ///< why it cannot run here, or empty
};
/// The drivers of these names, or all, and whether each can run here. Throws UsageError for an
/// unknown one.
std::vector<Candidate> candidates(const std::vector<std::string>& names);

}  // namespace teasel::bench
