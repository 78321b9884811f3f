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

/// What properties throw out of event(), in the place of what a handler may throw.
class PlannedException : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the protocol under test reported, in order, in the form in which two deliveries of one
/// stream can be compared: a protocol calls it from its handlers. Reusable; clear() keeps memory.
class EventLog {
 public:
  /// Something that happened as a whole: a line, a message, an error. `kind` must be a literal.
  /// Throws, after recording, what the hook throws; see onReport.
  template <std::size_t N>
  void event(const char (&kind)[N], ByteView bytes = {}) {
    record(std::string_view(kind, N - 1), bytes, false);
  }
  /// A part of something that may come in any number of parts (a body, raw bytes): parts of one
  /// kind that follow each other become one, empty ones none.
  template <std::size_t N>
  void part(const char (&kind)[N], ByteView bytes) {
    record(std::string_view(kind, N - 1), bytes, true);
  }

  /// Called after each report was recorded, from within event() or part(), of which it hears which
  /// it was. What it throws leaves them. One hook at a time, until clear().
  using Hook = std::function<void(bool part)>;
  void onReport(Hook hook) { hook_ = std::move(hook); }
  void clear() noexcept;

  bool empty() const noexcept { return entries_.empty(); }
  /// Events and merged parts.
  std::size_t size() const noexcept { return entries_.size(); }
  /// Events without parts.
  std::size_t events() const noexcept { return events_; }
  std::string_view kind(std::size_t at) const noexcept { return entries_[at].kind; }
  ByteView bytes(std::size_t at) const noexcept { return {bytes_.data() + entries_[at].offset, entries_[at].size}; }
  /// `line["abc"]`.
  std::string text(std::size_t at) const;
  /// All of it, "; " between; at most `limit` entries.
  std::string text(std::size_t from, std::size_t limit) const;

  /// Whether this is a beginning of `other`: a part at the end may be a beginning of its
  /// counterpart.
  bool beginningOf(const EventLog& other) const noexcept;
  friend bool operator==(const EventLog& a, const EventLog& b) noexcept;
  /// The first entry in which they differ; the size of the shorter one if it is a beginning of the
  /// other.
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
