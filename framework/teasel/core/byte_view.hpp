#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace teasel {

/// A borrowed view of bytes: a pointer and a length. It owns nothing.
///
/// Lifetime: a view is valid for the call that it is passed to and no longer. Whoever keeps the
/// bytes copies them (`str()`). A view is made from a literal as an array, so `"\0\1"` has length
/// 2, and from strings and byte spans. It is not made from `const char*`, whose length would stop
/// at the first zero, nor from a non-const array, whose length would be a guess.
class ByteView {
 public:
  constexpr ByteView() noexcept = default;
  constexpr ByteView(const char* data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr ByteView(const char (&literal)[N]) noexcept : data_(literal), size_(N - 1) {}
  template <std::size_t N>
  ByteView(char (&)[N]) = delete;
  template <class S>
    requires std::is_same_v<S, std::string> || std::is_same_v<S, std::string_view>
  constexpr ByteView(const S& text) noexcept : data_(text.data()), size_(text.size()) {}
  ByteView(std::span<const std::byte> bytes) noexcept : data_(reinterpret_cast<const char*>(bytes.data())), size_(bytes.size()) {}
  ByteView(std::span<const std::uint8_t> bytes) noexcept
      : data_(reinterpret_cast<const char*>(bytes.data())), size_(bytes.size()) {}

  constexpr const char* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr const char* begin() const noexcept { return data_; }
  constexpr const char* end() const noexcept { return data_ + size_; }
  constexpr char operator[](std::size_t at) const noexcept { return data_[at]; }

  /// The bytes from `from` on, at most `count` of them. A `from` beyond the end gives an empty
  /// view.
  constexpr ByteView sub(std::size_t from, std::size_t count = std::string_view::npos) const noexcept {
    if (from > size_) from = size_;
    return {data_ + from, count < size_ - from ? count : size_ - from};
  }
  constexpr std::string_view text() const noexcept { return {data_, size_}; }
  std::span<const std::byte> span() const noexcept { return {reinterpret_cast<const std::byte*>(data_), size_}; }
  std::string str() const { return std::string(data_, size_); }

  friend constexpr bool operator==(ByteView a, ByteView b) noexcept { return a.text() == b.text(); }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The bytes as text for people. Printable ASCII stays as it is. Everything else, quotes and
/// backslashes included, becomes C escapes such as `\n` and `\xHH`. At most `limit` bytes are
/// shown; "..." and the full length follow when there are more.
std::string escaped(ByteView bytes, std::size_t limit = 200);

/// The function that GoogleTest calls to print a ByteView: quoted, escaped text.
void PrintTo(ByteView bytes, std::ostream* out);
std::ostream& operator<<(std::ostream& out, ByteView bytes);

}  // namespace teasel
