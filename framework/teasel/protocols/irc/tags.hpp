#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace teasel::irc {

/// One message tag as it came.
struct Tag {
  std::string_view key;
  /// Still escaped. A tag without '=' and one with an empty value are the same (IRCv3).
  std::string_view value;
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// Writes a tag's value as it travels: ';' ' ' '\' CR LF become two characters each (IRCv3 "Message
/// Tags").
std::string escapeTagValue(std::string_view value);
/// Reads a tag's value. A '\' before any other character is dropped, and so is one at the end.
std::string unescapeTagValue(std::string_view value);
/// Whether `key` may name a tag: letters, digits, '-', and '.', '/' of a vendor, and '+' in front.
bool isTagKey(std::string_view key) noexcept;

/// The tags of a message: a view of the text between '@' and the space. Its tags are read when they
/// are asked for, and no heap is used.
///
///     for (const Tag& tag : message.tags) use(tag.key, unescapeTagValue(tag.value));
///     message.tags.get("time");  // "2026-01-01T00:00:00.000Z"
class Tags {
 public:
  constexpr Tags() noexcept = default;
  /// `text` has neither '@' nor space.
  constexpr explicit Tags(std::string_view text) noexcept : text_(text) {}

  class Iterator {
   public:
    using value_type = Tag;
    using difference_type = std::ptrdiff_t;
    Iterator() noexcept = default;
    explicit Iterator(std::string_view rest) noexcept : rest_(rest) { skipEmpty(); }
    Tag operator*() const noexcept;
    Iterator& operator++() noexcept;
    void operator++(int) noexcept { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.rest_.size() == b.rest_.size(); }

   private:
    void skipEmpty() noexcept;
    std::string_view rest_;
  };

  /// The tags in the order in which they came; empty ones between two ';' are passed over.
  Iterator begin() const noexcept { return Iterator(text_); }
  Iterator end() const noexcept { return {}; }
  constexpr bool empty() const noexcept { return text_.empty(); }
  constexpr std::string_view text() const noexcept { return text_; }
  /// The value of a tag, still escaped. When a key comes twice, its last value counts (IRCv3).
  std::optional<std::string_view> find(std::string_view key) const noexcept;
  bool has(std::string_view key) const noexcept { return find(key).has_value(); }
  /// The value of a tag, without escapes.
  std::optional<std::string> get(std::string_view key) const;
  friend constexpr bool operator==(Tags, Tags) noexcept = default;

 private:
  std::string_view text_;
};

}  // namespace teasel::irc
