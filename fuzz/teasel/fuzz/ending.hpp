#pragma once

#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>

namespace teasel::fuzz {

/// How libFuzzer's flags say that a campaign ends with a finding: where the input is kept, and with
/// which exit status.
///
/// libFuzzer does all that when a program aborts. It also prints a stack, and a symbolizer reads
/// the whole program for that. The stack of a verdict says nothing, since the check that gives it
/// runs when the protocol has returned. So a campaign keeps the input of a verdict by itself and
/// ends.
struct Ending {
  std::string prefix = "./";  ///< -artifact_prefix: the beginning of the file's path
  std::string exactPath;      ///< -exact_artifact_path: the whole of it; empty: not given
  int status = 77;            ///< -error_exitcode
  /// The program aborts nevertheless, because something was asked for that libFuzzer alone can do:
  /// all inputs are named files, of which it keeps none and tells all; the campaign is a job of
  /// -fork, which counts the runs that jobs print; statistics at the end, or a closed standard
  /// error.
  bool byLibFuzzer = false;

  /// Writes the input to `exactPath`, or to `prefix`crash-HASH, and returns the path; "" if it
  /// cannot be written, and then no part of it is left. Equal inputs have equal names.
  std::string save(ByteView input) const;
};

/// Of these arguments of libFuzzer, the program's name not among them. Of equal flags the last
/// counts.
Ending endingOf(const std::vector<std::string>& arguments);

}  // namespace teasel::fuzz
