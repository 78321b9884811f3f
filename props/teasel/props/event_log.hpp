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

  /// Sets the hook. event() and part() call it after they have recorded their entry, and tell it
  /// whether the entry is a part. What the hook throws leaves event() or part(). There is one hook
  /// at a time; clear() removes it.
  using Hook = std::function<void(bool part)>;
  void onReport(Hook hook) { hook_ = std::move(hook); }
  void clear() noexcept;

  bool empty() const noexcept { return entries_.empty(); }
  /// The number of entries: events and merged parts.
  std::size_t size() const noexcept { return entries_.size(); }
  /// The number of events; parts do not count.
  std::size_t events() const noexcept { return events_; }
  std::string_view kind(std::size_t at) const noexcept { return entries_[at].kind; }
  ByteView bytes(std::size_t at) const noexcept { return {bytes_.data() + entries_[at].offset, entries_[at].size}; }
  /// The entry as text: `line["abc"]`.
  std::string text(std::size_t at) const;
  /// The entries from `from` on as text, at most `limit` of them, with "; " between.
  std::string text(std::size_t from, std::size_t limit) const;

  /// Whether this log is a prefix of `other`. If its last entry is a part, that entry may be a
  /// prefix of its counterpart.
  bool beginningOf(const EventLog& other) const noexcept;
  friend bool operator==(const EventLog& a, const EventLog& b) noexcept;
  /// The index of the first entry in which the logs differ. If one log is a prefix of the other,
  /// the size of the shorter one.
  static std::size_t firstDifference(const EventLog& a, const EventLog& b) noexcept;

 private:
  struct Entry {
    std::string_view kind;
    std::size_t offset, size;
    bool part;
  };
  void record(std::string_view kind, ByteView bytes, bool part);

  std::vector<Entry> entries_;
  std::vector<char> bytes_;
  std::size_t events_ = 0;
  Hook hook_;
};

}  // namespace teasel::props
