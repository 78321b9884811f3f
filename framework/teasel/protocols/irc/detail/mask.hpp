#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace teasel::irc::detail {

/// A mask, in which '*' stands for any text and '?' for one byte. Upper and lower case are the same
/// by CaseMapping::kRfc1459.
///
/// It is compared by a set of all places in the mask that can be reached, one bit each. So a
/// comparison looks at each byte of the text once, whatever the mask is: it takes at most words()
/// steps a byte.
class Mask {
 public:
  Mask() = default;
  explicit Mask(std::string_view text) { set(text); }
  /// Makes this another mask. The memory is kept: 2 KiB for each 64 bytes of the longest mask.
  void set(std::string_view text);
  bool matches(std::string_view text) const;
  /// How many words of 64 bits the places of the mask take.
  std::size_t words() const noexcept { return words_; }
  /// How many steps all comparisons of this object took.
  std::uint64_t steps() const noexcept { return steps_; }

 private:
  std::size_t words_ = 1;
  std::size_t last_ = 0;              // how many bytes are no stars: the place at the end
  std::vector<std::uint64_t> moves_;  // for each byte: to which places it leads
  std::vector<std::uint64_t> stars_;  // the places at which there is a star
  mutable std::vector<std::uint64_t> now_;
  mutable std::uint64_t steps_ = 0;
};

}  // namespace teasel::irc::detail
