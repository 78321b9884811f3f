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

/// The written form in which every failure and regression is kept: a text file that a person reads,
/// edits and compares.
///
///     teasel tape 1
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
/// A choice reads: site, entity, index = value, of how many (left out when not known). Header lines
/// may be missing; empty lines and lines that start with # say nothing. One Tape prints in one way,
/// and reads back as itself.
struct Tape {
  static constexpr unsigned kFormat = 1;
  static constexpr std::size_t kMaxSize = 64u << 20;     ///< bytes of text
  static constexpr std::size_t kMaxChoices = 1'000'000;  ///< lines

  std::string target;    ///< the program that runs it
  std::string scenario;  ///< of that program
  std::string revision;  ///< of the code that it was found with
  std::string oracle;    ///< what broke; empty for a tape that is expected to pass
  Play play;
  std::vector<ChoiceRecord> records;  ///< in normal form

  std::string print() const;
  /// `file` names the text in errors. Throws TapeError; a tape of a newer format is refused.
  static Tape parse(std::string_view text, std::string_view file = "tape");
  /// Reads a file; TapeError when it is not there or not a tape.
  static Tape load(const std::string& path);
  /// Writes a file; TapeError when that fails.
  void save(const std::string& path) const;
  /// Whether a file's first bytes say that it is a tape (else it holds fuzzer bytes).
  static bool looksLikeTape(std::string_view text) noexcept { return text.starts_with("teasel tape "); }
  friend bool operator==(const Tape&, const Tape&) = default;
};

/// One step as a line of a tape, bytes included: `send 0 "abc"`.
std::string eventText(const Play& play, const PlayEvent& event);
/// One step as calls of Play's method: `send(0, "abc")`. A long send is several calls, which make
/// one send again; every other step is one.
std::vector<std::string> eventCalls(const Play& play, const PlayEvent& event);

}  // namespace teasel::fakes
