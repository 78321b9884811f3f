#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace teasel::irc {

/// One change of a mode: +o with a nick, -t, +b with a mask.
struct ModeChange {
  bool added = true;
  char mode = 0;
  /// Empty for a mode without parameter.
  std::string param;
  friend bool operator==(const ModeChange&, const ModeChange&) = default;
};

/// Which modes there are and which take a parameter: what ISUPPORT says by CHANMODES and PREFIX.
struct ModeKinds {
  std::string lists = "b";       ///< A list that grows and shrinks; without parameter: a question.
  std::string always = "k";      ///< A parameter whenever it is set or removed.
  std::string onSet = "l";       ///< A parameter only when it is set.
  std::string flags = "imnpst";  ///< Never a parameter.
  std::string ranks = "ov";      ///< Rank of a member (PREFIX), highest first; always a nick.

  /// What becomes of a mode that is in none of the lists: a server sends modes that it did not
  /// announce.
  enum class Unknown : std::uint8_t { kRefuse, kFlag };
  Unknown unknown = Unknown::kRefuse;

  bool known(char mode) const noexcept;
  bool isList(char mode) const noexcept { return lists.find(mode) != std::string::npos; }
  bool isRank(char mode) const noexcept { return ranks.find(mode) != std::string::npos; }
  /// Whether the change needs a parameter. An entry of `lists` does not need one: it is a question
  /// then.
  bool takesParam(char mode, bool added) const noexcept;
  /// The modes of a user: none takes a parameter, and unknown ones are flags.
  static ModeKinds ofUser();
};

/// Why the text of a mode change cannot be read.
enum class ModeFault : std::uint8_t {
  kNone,
  kEmpty,         ///< There is no text of modes, or a sign without a mode behind it ("+-o").
  kUnknownMode,   ///< A character that is no mode here.
  kMissingParam,  ///< A mode needs a parameter, and all are used up.
  kExtraParam     ///< Parameters are left over.
};

struct ParsedModes {
  /// In the order in which they stand in the text. When there is a fault: those before it.
  std::vector<ModeChange> changes;
  ModeFault fault = ModeFault::kNone;
  /// The mode that is at fault, 0 when none is.
  char mode = 0;
  explicit operator bool() const noexcept { return fault == ModeFault::kNone; }
};

/// Reads "+ov-k" with its parameters. A text without a sign in front is added. Never more changes
/// than the text has characters.
ParsedModes parseModes(std::string_view modes, std::span<const std::string_view> params, const ModeKinds& kinds);

/// A fault in words: "an unknown mode".
const char* describe(ModeFault fault) noexcept;

/// The text of changes and its parameters: "+ov-k bob ann key". Equal signs are not repeated.
struct ModeText {
  std::string modes;
  std::vector<std::string> params;
};
/// Writes changes as few texts, each with at most `most` changes that have a parameter (ISUPPORT
/// MODES; 0: no limit) and at most `bytes` bytes in all (modes, parameters and the spaces between
/// them). A change that is longer than `bytes` by itself is left out.
std::vector<ModeText> batchModes(std::span<const ModeChange> changes, std::size_t most, std::size_t bytes);

}  // namespace teasel::irc
