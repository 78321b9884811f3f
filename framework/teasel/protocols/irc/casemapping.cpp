#include <teasel/protocols/irc/casemapping.hpp>

#include <algorithm>

namespace teasel::irc {

CaseMapping caseMappingByName(std::string_view name) noexcept {
  if (name == "ascii") return CaseMapping::kAscii;
  if (name == "strict-rfc1459" || name == "rfc1459-strict") return CaseMapping::kStrictRfc1459;
  return CaseMapping::kRfc1459;
}

std::string_view nameOf(CaseMapping mapping) noexcept {
  switch (mapping) {
    case CaseMapping::kAscii: return "ascii";
    case CaseMapping::kRfc1459: return "rfc1459";
    case CaseMapping::kStrictRfc1459: return "strict-rfc1459";
  }
  return "rfc1459";
}

char foldCase(char byte, CaseMapping mapping) noexcept {
  // The capitals of a mapping are one range from 'A' on; each lower letter is 32 further.
  const char last = mapping == CaseMapping::kAscii ? 'Z' : mapping == CaseMapping::kStrictRfc1459 ? ']' : '^';
  return byte >= 'A' && byte <= last ? static_cast<char>(byte + 32) : byte;
}

std::string foldCase(std::string_view name, CaseMapping mapping) {
  std::string folded(name);
  for (char& byte : folded) byte = foldCase(byte, mapping);
  return folded;
}

bool sameName(std::string_view a, std::string_view b, CaseMapping mapping) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [mapping](char x, char y) { return foldCase(x, mapping) == foldCase(y, mapping); });
}

bool NameLess::operator()(std::string_view a, std::string_view b) const noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [this](char x, char y) {
    return static_cast<unsigned char>(foldCase(x, mapping)) < static_cast<unsigned char>(foldCase(y, mapping));
  });
}

}  // namespace teasel::irc
