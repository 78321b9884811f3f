#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

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

inline bool hasIllegal(std::string_view text) noexcept {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  return findIllegal(begin, end) != end;
}

/// Goes through a line from space to space, byte by byte.
class ByteSpaces {
 public:
  ByteSpaces(const char*, const char* end) noexcept : end_(end) {}
  /// The first space at or behind `from`, or the end. `from` lies behind the last answer.
  const char* next(const char* from) noexcept {
    while (from != end_ && *from != ' ') ++from;
    return from;
  }
  /// Whether a byte up to 13 may be in the line. CR, LF and NUL are such bytes; others are rare.
  bool suspect() noexcept { return true; }

 private:
  const char* end_;
};

#ifdef __SSE2__
/// Sixteen bytes at once.
struct Sixteen {
  __m128i bytes;
  explicit Sixteen(const char* at) noexcept : bytes(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}
  /// A bit for each space.
  std::uint64_t spaces() const noexcept {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '))));
  }
};

/// The same for a line of at least kLeast bytes, up to 64 at a time.
class Spaces {
 public:
  static constexpr std::size_t kLeast = 16;
  Spaces(const char* begin, const char* end) noexcept : end_(end), block_(begin) { look(); }

  const char* next(const char* from) noexcept {
    while (true) {
      while (spaces_ == 0) {
        if (end_ - block_ <= 64) return end_;
        block_ += 64;
        look();
      }
      const char* const found = block_ + std::countr_zero(spaces_);
      spaces_ &= spaces_ - 1;
      if (found >= from) [[likely]]
        return found;
    }
  }
  /// Call it last.
  bool suspect() noexcept {
    const char* at = block_ + 64;
    if (at < end_) {
      for (; end_ - at > 16; at += 16) low_ = _mm_min_epu8(low_, Sixteen(at).bytes);
      low_ = _mm_min_epu8(low_, Sixteen(end_ - 16).bytes);
    }
    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(low_, _mm_set1_epi8('\r')), low_)) != 0;
  }

 private:
  // Looks at the next 64 bytes.
  void look() noexcept {
    const auto size = end_ - block_;
    if (size < 64) return lookAtEnd(size);
    const Sixteen a(block_), b(block_ + 16), c(block_ + 32), d(block_ + 48);
    spaces_ = a.spaces() | b.spaces() << 16 | c.spaces() << 32 | d.spaces() << 48;
    low_ = _mm_min_epu8(low_, _mm_min_epu8(_mm_min_epu8(a.bytes, b.bytes), _mm_min_epu8(c.bytes, d.bytes)));
  }
  // The last load ends with the line, so it may begin before what is still to be looked at. A bit
  // that is set twice is set.
  void lookAtEnd(std::ptrdiff_t size) noexcept {
    spaces_ = 0;
    std::ptrdiff_t place = 0;
    for (; size - place > 16; place += 16) add(block_ + place, static_cast<int>(place));
    add(end_ - 16, static_cast<int>(size - 16));
    // What a negative place has turned to the other end goes.
    spaces_ &= ~std::uint64_t{0} >> (64 - size);
  }
  void add(const char* at, int place) noexcept {
    const Sixteen bytes(at);
    spaces_ |= std::rotl(bytes.spaces(), place);
    low_ = _mm_min_epu8(low_, bytes.bytes);
  }

  const char* end_;
  const char* block_;
  std::uint64_t spaces_ = 0;
  // the lowest byte seen, by place modulo 16
  __m128i low_ = _mm_set1_epi8(static_cast<char>(0xff));
};
#else
class Spaces : public ByteSpaces {
 public:
  using ByteSpaces::ByteSpaces;
  static constexpr std::size_t kLeast = 0;
};
#endif

inline bool isLetter(char byte) noexcept { return static_cast<unsigned char>((byte | 0x20) - 'a') < 26; }

/// Whether a word of at least one byte has letters only. `end` is the end of the line.
inline bool areLetters(const char* at, std::size_t size, const char* end) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    if (size <= 8 && end - at >= 8) [[likely]] {
      // In each byte, the high bit of a sum says whether the letter is at least 'a', or above 'z'.
      // A byte above 127 carries into bytes behind it only, and is refused itself.
      const std::uint64_t bytes = eightBytes(at), small = bytes | kOnes * 0x20;
      const std::uint64_t letters = (small + kOnes * (0x80 - 'a')) & ~(small + kOnes * (0x7f - 'z')) & ~bytes & kHighs;
      const std::uint64_t wanted = kHighs >> 8 * (8 - size);
      return (letters & wanted) == wanted;
    }
  }
  for (std::size_t i = 0; i < size; ++i)
    if (!isLetter(at[i])) return false;
  return true;
}

}  // namespace teasel::irc::detail
