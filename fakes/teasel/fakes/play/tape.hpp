#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes {

/// What is wrong with the text of a tape: "file:line: what; expected ...".
class TapeError : public std::runtime_error {
 public:
  /// Line 0 means the file as a whole.
  TapeError(std::string file, std::size_t line, std::string what, std::string expected);
  const std::string& file() const noexcept { return file_; }
  std::size_t line() const noexcept { return line_; }
  const std::string& problem() const noexcept { return problem_; }
  const std::string& expected() const noexcept { return expected_; }

 private:
  std::string file_, problem_, expected_;
  std::size_t line_;
};

/// The written form of a failure or a regression: a text file that a person reads, edits and
/// compares. docs/events.md lists the events.
///
///     teasel tape 1
///     version: 2
///     target: line_server
///     scenario: framing
///     revision: 0.1.0
///     oracle: line-too-long
///
///     connect 0
///     send 0 "abc\r\n"
///     cut 0
///     endOfStream 0
///     choice cut 3 0 = 2 of 5
///
/// The version is that of the Play (Play::version); a tape without that line has version 1. A
/// choice has its site, entity and index, then its value and of how many; the last part is left
/// out where it is not known. Header lines may be missing. Empty lines and lines that start with #
/// mean nothing. Each Tape has exactly one printed form, and that form reads back as the same Tape.
struct Tape {
  static constexpr unsigned kFormat = 1;
  static constexpr std::size_t kMaxSize = 64u << 20;     ///< bytes of text
  static constexpr std::size_t kMaxChoices = 1'000'000;  ///< lines

  std::string target;    ///< name of the program that runs it
  std::string scenario;  ///< name of a scenario of that program
  std::string revision;  ///< of the code in which it was found
  std::string oracle;    ///< what broke; empty for a tape that is expected to pass
  Play play;
  std::vector<ChoiceRecord> records;  ///< in normal form

  std::string print() const;
  /// Reads the text of a tape. `file` names the text in errors. Throws TapeError, also for a tape
  /// of a newer format or version.
  static Tape parse(std::string_view text, std::string_view file = "tape");
  /// Reads a file. Throws TapeError when the file is not there or is no tape.
  static Tape load(const std::string& path);
  /// Writes a file. Throws TapeError when that fails.
  void save(const std::string& path) const;
  /// Whether the first bytes of a file say that it is a tape. Other files hold fuzzer bytes.
  static bool looksLikeTape(std::string_view text) noexcept { return text.starts_with("teasel tape "); }
  /// The version of the Play counts, too.
  friend bool operator==(const Tape& a, const Tape& b) {
    return a.target == b.target && a.scenario == b.scenario && a.revision == b.revision && a.oracle == b.oracle &&
           a.play.version() == b.play.version() && a.play == b.play && a.records == b.records;
  }
};

/// An event as a line of a tape, with its bytes: `send 0 "abc"`.
std::string eventText(const Play& play, const PlayEvent& event);
/// An event as calls of Play's methods: `send(0, "abc")`. A long send becomes several calls, which
/// make one send again. Every other event is one call.
std::vector<std::string> eventCalls(const Play& play, const PlayEvent& event);

}  // namespace teasel::fakes
