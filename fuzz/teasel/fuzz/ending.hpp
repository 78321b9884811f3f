#pragma once

#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>

namespace teasel::fuzz {

/// How libFuzzer's flags say that a campaign ends with a finding: where the input is kept, and with
/// which exit status.
///
/// libFuzzer does all that when a program aborts. It also prints a stack, and a symbolizer reads the
/// whole program for that. The stack of a verdict says nothing, since the check that gives it runs
/// when the protocol has returned. So a campaign keeps the input of a verdict by itself and ends.
struct Ending {
  std::string prefix = "./";  ///< -artifact_prefix: the beginning of the file's path
  std::string exactPath;      ///< -exact_artifact_path: the whole of it
  int status = 77;            ///< -error_exitcode
  /// All inputs are named files. libFuzzer keeps none of them then, and who runs one file wants to
  /// see all that libFuzzer says.
  bool runsFiles = false;

  /// Writes the input to `exactPath`, or to `prefix`crash-HASH, and returns the path; "" if it cannot
  /// be written. Equal inputs have equal names.
  std::string save(ByteView input) const;
};

/// Of these arguments of libFuzzer, the program's name not among them. A flag counts where it stands
/// last.
Ending endingOf(const std::vector<std::string>& arguments);

}  // namespace teasel::fuzz
