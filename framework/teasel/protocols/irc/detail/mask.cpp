#include <teasel/protocols/irc/detail/mask.hpp>

#include <algorithm>

#include <teasel/protocols/irc/casemapping.hpp>

namespace teasel::irc::detail {

namespace {

constexpr std::size_t kBits = 64, kBytes = 256;

std::size_t folded(char byte) noexcept { return static_cast<unsigned char>(foldCase(byte, CaseMapping::kRfc1459)); }
std::uint64_t bit(std::size_t place) noexcept { return std::uint64_t{1} << (place % kBits); }

}  // namespace

// Place k is the one behind the first k bytes of the mask that are no stars.
void Mask::set(std::string_view text) {
  last_ = text.size() - static_cast<std::size_t>(std::ranges::count(text, '*'));
  words_ = last_ / kBits + 1;
  moves_.assign(kBytes * words_, 0);
  stars_.assign(words_, 0);
  now_.resize(words_);
  std::size_t place = 0;
  for (const char byte : text) {
    if (byte == '*') {
      stars_[place / kBits] |= bit(place);
      continue;
    }
    ++place;
    if (byte != '?') moves_[folded(byte) * words_ + place / kBits] |= bit(place);
    else
      for (std::size_t any = 0; any < kBytes; ++any) moves_[any * words_ + place / kBits] |= bit(place);
  }
}

bool Mask::matches(std::string_view text) const {
  if (moves_.empty()) return text.empty();
  std::ranges::fill(now_, 0);
  now_[0] = 1;
  for (const char byte : text) {
    const std::uint64_t* const moves = &moves_[folded(byte) * words_];
    std::uint64_t carry = 0, any = 0;
    for (std::size_t word = 0; word < words_; ++word) {
      const std::uint64_t before = now_[word];
      now_[word] = (((before << 1) | carry) & moves[word]) | (before & stars_[word]);
      carry = before >> (kBits - 1);
      any |= now_[word];
    }
    steps_ += words_;
    if (any == 0) return false;
  }
  return (now_[last_ / kBits] & bit(last_)) != 0;
}

}  // namespace teasel::irc::detail
