#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace teasel::irc {

/// The most parameters that one message has (RFC 2812, section 2.3).
inline constexpr std::size_t kMaxParams = 15;

/// The parameters of a message: views, at most kMaxParams of them, without heap. Peers leave
/// parameters out, so a parameter that is not there reads as an empty one.
class Params {
 public:
  // The places behind size_ are not initialised: a message has three parameters on average.
  Params() noexcept {}  // NOLINT(modernize-use-equals-default): the union has no default
  /// Parameters behind the first kMaxParams are dropped.
  Params(std::initializer_list<std::string_view> params) noexcept : Params() {
    for (const auto param : params) push_back(param);
  }
  Params(const Params& other) noexcept : Params() { *this = other; }
  Params& operator=(const Params& other) noexcept {
    size_ = other.size_;
    std::uninitialized_copy(other.begin(), other.end(), views);
    return *this;
  }
  ~Params() = default;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// The parameter at `at`, or an empty text when there are not so many.
  std::string_view operator[](std::size_t at) const noexcept { return at < size_ ? views[at] : std::string_view{}; }
  /// The last parameter, or an empty text.
  std::string_view back() const noexcept { return size_ == 0 ? std::string_view{} : views[size_ - 1]; }
  const std::string_view* begin() const noexcept { return views; }
  const std::string_view* end() const noexcept { return views + size_; }
  /// The parameters from `at` on.
  std::span<const std::string_view> from(std::size_t at) const noexcept {
    return at < size_ ? std::span<const std::string_view>(begin() + at, end()) : std::span<const std::string_view>();
  }
  /// Adds a parameter. Returns false, and adds nothing, when there are kMaxParams.
  bool push_back(std::string_view param) noexcept {
    if (size_ == kMaxParams) return false;
    std::construct_at(views + size_++, param);
    return true;
  }
  friend bool operator==(const Params& a, const Params& b) noexcept;

 private:
  union {
    std::string_view views[kMaxParams];
  };
  std::size_t size_ = 0;
};

}  // namespace teasel::irc
