#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Searches of the parser of IRC. Words of IRC are short, so a call of memchr for each would cost
/// more than the search.
namespace teasel::irc::detail {

inline constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;

inline std::uint64_t eightBytes(const char* at) noexcept {
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}
/// Not zero if a byte of `bytes` is zero. The lowest bit that is set belongs to the first such byte.
/// (S. E. Anderson, "Bit Twiddling Hacks": "Determine if a word has a zero byte")
constexpr std::uint64_t zeroBytes(std::uint64_t bytes) noexcept { return (bytes - kOnes) & ~bytes & kHighs; }

/// The first space of a text, or its end.
inline const char* findSpace(const char* at, const char* end) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      const std::uint64_t found = zeroBytes(eightBytes(at) ^ kOnes * ' ');
      if (found != 0) return at + std::countr_zero(found) / 8;
      at += 8;
    }
  }
  while (at != end && *at != ' ') ++at;
  return at;
}

inline bool isIllegal(char byte) noexcept { return byte == '\0' || byte == '\r' || byte == '\n'; }

/// The first CR, LF or NUL of a text, or its end.
inline const char* findIllegal(const char* at, const char* end) noexcept {
  while (end - at >= 8) {
    const std::uint64_t bytes = eightBytes(at);
    if ((zeroBytes(bytes) | zeroBytes(bytes ^ kOnes * '\r') | zeroBytes(bytes ^ kOnes * '\n')) != 0) break;
    at += 8;
  }
  while (at != end && !isIllegal(*at)) ++at;
  return at;
}

}  // namespace teasel::irc::detail
