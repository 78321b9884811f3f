#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/core/byte_view.hpp>

namespace teasel::props {

/// The exception that properties throw out of event(). It stands for anything that a handler of a
/// user may throw.
class PlannedException : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the protocol under test reported, in order. The protocol calls event() and part() from its
/// handlers. Two logs can be compared, so two deliveries of one stream can be compared. Reusable:
/// clear() keeps the memory.
class EventLog {
 public:
  /// Reports something that happened as a whole: a line, a message, an error. `kind` must be a
  /// literal. The entry is recorded first; then the hook runs, and what it throws leaves this call.
  template <std::size_t N>
  void event(const char (&kind)[N], ByteView bytes = {}) {
    record(std::string_view(kind, N - 1), bytes, false);
  }
  /// Reports a part of something that may come in any number of parts: a body, raw bytes. Parts of
  /// one kind that follow each other become one entry. An empty part becomes none.
  template <std::size_t N>
  void part(const char (&kind)[N], ByteView bytes) {
    record(std::string_view(kind, N - 1), bytes, true);
  }
  /// Reports the last word about this stream: an error that the subject met, or an end that it
  /// found. It stands apart from the entries, because how much is reported before an error depends
  /// on how the bytes are cut: a parser that gets everything at once may meet the error first. Two
  /// deliveries must come to the same last word; where they have one, the entries of one may be a
  /// prefix of those of the other. The first last word counts, further ones are dropped. It is an
  /// event to the hook and in events().
  template <std::size_t N>
  void last(const char (&kind)[N], ByteView bytes = {}) {
    recordLast(std::string_view(kind, N - 1), bytes);
  }

  /// Sets the hook. event(), part() and last() call it after they have recorded what they were
  /// given, and tell it whether that is a part. What the hook throws leaves that call. There is one
  /// hook at a time; clear() removes it.
  using Hook = std::function<void(bool part)>;
  void onReport(Hook hook) { hook_ = std::move(hook); }
  void clear() noexcept;

  /// Whether there is neither an entry nor a last word.
  bool empty() const noexcept { return entries_.empty() && !ended(); }
  /// The number of entries: events and merged parts.
  std::size_t size() const noexcept { return entries_.size(); }
  /// The number of events, the last word included; parts do not count.
  std::size_t events() const noexcept { return events_; }
  /// Whether there is a last word. lastKind() and lastBytes() are empty until then.
  bool ended() const noexcept { return !lastKind_.empty(); }
  std::string_view lastKind() const noexcept { return lastKind_; }
  ByteView lastBytes() const noexcept { return lastBytes_; }
  /// The last word as text: `error["bad digit"]`; "no last word" if there is none.
  std::string lastText() const;
  /// What was reported most recently, as text.
  std::string latest() const;
  std::string_view kind(std::size_t at) const noexcept { return entries_[at].kind; }
  ByteView bytes(std::size_t at) const noexcept { return {bytes_.data() + entries_[at].offset, entries_[at].size}; }
  /// The entry as text: `line["abc"]`.
  std::string text(std::size_t at) const;
  /// The entries from `from` on as text, at most `limit` of them, with "; " between.
  std::string text(std::size_t from, std::size_t limit) const;

  /// Whether the entries of this log are a prefix of those of `other`. If the last entry is a part,
  /// it may be a prefix of its counterpart. Last words do not matter.
  bool beginningOf(const EventLog& other) const noexcept;
  /// Whether the last words are equal, or neither log has one.
  static bool sameLast(const EventLog& a, const EventLog& b) noexcept {
    return a.lastKind_ == b.lastKind_ && a.lastBytes_ == b.lastBytes_;
  }
  /// Whether entries and last words are equal.
  friend bool operator==(const EventLog& a, const EventLog& b) noexcept;
  /// The index of the first entry in which the logs differ. If one log is a prefix of the other,
  /// the size of the shorter one. Last words do not matter.
  static std::size_t firstDifference(const EventLog& a, const EventLog& b) noexcept;

 private:
  struct Entry {
    std::string_view kind;
    std::size_t offset, size;
    bool part;
  };
  void record(std::string_view kind, ByteView bytes, bool part);
  void recordLast(std::string_view kind, ByteView bytes);

  std::vector<Entry> entries_;
  std::vector<char> bytes_;
  std::size_t events_ = 0;
  std::string_view lastKind_;
  std::string lastBytes_;
  bool lastIsLatest_ = false;
  Hook hook_;
};

}  // namespace teasel::props
