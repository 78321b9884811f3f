#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/// Searches of the parser of IRC. Words of IRC are short, so a call of memchr for each would cost
/// more than the search.
namespace teasel::irc::detail {

inline constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;

inline std::uint64_t eightBytes(const char* at) noexcept {
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}
/// Not zero if a byte of `bytes` is zero. (S. E. Anderson, "Bit Twiddling Hacks": "Determine if a
/// word has a zero byte")
constexpr std::uint64_t zeroBytes(std::uint64_t bytes) noexcept { return (bytes - kOnes) & ~bytes & kHighs; }

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

/// What is known of up to 64 bytes: a bit for each space, and whether a byte up to 13 is among them.
/// CR, LF and NUL are such bytes. Others are rare, so the caller looks again.
struct Bits {
  std::uint64_t spaces = 0;
  bool suspect = false;
};

inline void addByte(Bits& bits, const char* at, std::size_t place) noexcept {
  if (*at == ' ') bits.spaces |= std::uint64_t{1} << place;
  bits.suspect |= static_cast<unsigned char>(*at) <= '\r';
}

#ifdef __SSE2__
/// The same of 16 bytes. `skip` of them were looked at before; the first bit is of the byte behind.
inline void addSixteen(Bits& bits, const char* at, std::size_t place, std::size_t skip = 0) noexcept {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto spaces = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '))));
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8('\r')), bytes);
  bits.spaces |= static_cast<std::uint64_t>(spaces >> skip) << place;
  bits.suspect |= _mm_movemask_epi8(low) != 0;
}

/// Looks at the bytes from `at` on, at most 64. `begin` is where the line begins: a load may begin
/// before `at`, but not before that.
inline Bits look(const char* begin, const char* at, const char* end) noexcept {
  Bits bits;
  const auto size = static_cast<std::size_t>(end - at);
  if (size >= 64) {
    for (std::size_t place = 0; place < 64; place += 16) addSixteen(bits, at + place, place);
    return bits;
  }
  std::size_t place = 0;
  for (; place + 16 <= size; place += 16) addSixteen(bits, at + place, place);
  if (place == size) return bits;
  if (end - begin >= 16) {
    addSixteen(bits, end - 16, place, 16 - (size - place));
    return bits;
  }
  for (; place < size; ++place) addByte(bits, at + place, place);
  return bits;
}
#else
inline Bits look(const char*, const char* at, const char* end) noexcept {
  Bits bits;
  for (std::size_t place = 0; place < 64 && at + place != end; ++place) addByte(bits, at + place, place);
  return bits;
}
#endif

/// Goes through a line from space to space. It looks at each byte once.
class Spaces {
 public:
  Spaces(const char* begin, const char* end) noexcept : begin_(begin), end_(end), block_(begin), bits_(look(begin, begin, end)) {}

  /// The first space at or behind `from`, or the end. `from` never goes back.
  const char* next(const char* from) noexcept {
    if (from == end_) return end_;
    while (from - block_ >= 64) advance();
    std::uint64_t left = bits_.spaces & (~std::uint64_t{0} << (from - block_));
    while (left == 0) {
      if (end_ - block_ <= 64) return end_;
      advance();
      left = bits_.spaces;
    }
    return block_ + std::countr_zero(left);
  }
  /// Whether there is a byte up to 13 anywhere in the line. Call it last.
  bool suspect() noexcept {
    while (end_ - block_ > 64) advance();
    return bits_.suspect;
  }

 private:
  void advance() noexcept {
    block_ += 64;
    const bool before = bits_.suspect;
    bits_ = look(begin_, block_, end_);
    bits_.suspect |= before;
  }

  const char* begin_;
  const char* end_;
  const char* block_;
  Bits bits_;
};

inline bool isLetter(char byte) noexcept { return static_cast<unsigned char>((byte | 0x20) - 'a') < 26; }

/// Whether a word has letters only. `end` is the end of the line.
inline bool areLetters(const char* at, std::size_t size, const char* end) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    if (size <= 8 && end - at >= 8) {
      // In each byte, the high bit of the sum says whether the letter is at least 'a', or above 'z'. A byte above 127 carries
      // into bytes behind it only, and is refused itself.
      const std::uint64_t bytes = eightBytes(at), small = bytes | kOnes * 0x20;
      const std::uint64_t letters = (small + kOnes * (0x80 - 'a')) & ~(small + kOnes * (0x7f - 'z')) & ~bytes & kHighs;
      const std::uint64_t wanted = size == 8 ? kHighs : kHighs & ((std::uint64_t{1} << 8 * size) - 1);
      return (letters & wanted) == wanted;
    }
  }
  for (std::size_t i = 0; i < size; ++i)
    if (!isLetter(at[i])) return false;
  return true;
}

}  // namespace teasel::irc::detail
