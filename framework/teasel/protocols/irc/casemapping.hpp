#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace teasel::irc {

/// Which letters are the same in nicks and names of channels (ISUPPORT CASEMAPPING).
enum class CaseMapping : std::uint8_t {
  kAscii,         ///< "ascii": A to Z
  kRfc1459,       ///< "rfc1459", the default: also [ ] \ ~ are the capitals of { } | ^
  kStrictRfc1459  ///< "strict-rfc1459" or "rfc1459-strict": the same without ~ and ^
};

/// The mapping with this name in ISUPPORT. An unknown name gives kRfc1459, the default.
CaseMapping caseMappingByName(std::string_view name) noexcept;
std::string_view nameOf(CaseMapping mapping) noexcept;

/// One byte in lower case. Bytes above 127 stay as they are.
char foldCase(char byte, CaseMapping mapping) noexcept;
/// A name in lower case, to be the key of a map.
std::string foldCase(std::string_view name, CaseMapping mapping);
/// Whether two names are the same.
bool sameName(std::string_view a, std::string_view b, CaseMapping mapping) noexcept;

/// Orders names for std::map and std::set; takes a std::string_view as key, too. All names of one
/// container need one mapping: make the container anew when the mapping changes.
struct NameLess {
  using is_transparent = void;  // NOLINT(readability-identifier-naming): the word of std::map
  CaseMapping mapping = CaseMapping::kRfc1459;
  bool operator()(std::string_view a, std::string_view b) const noexcept;
};

}  // namespace teasel::irc
