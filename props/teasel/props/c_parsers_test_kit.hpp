#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

/// Three small parsers as C libraries have them: a struct, functions, callbacks, memory from
/// malloc. Each has a fault that libraries in use have had. Below are the protocols that wrap them.
namespace teasel::props::test {

// NOLINTBEGIN(readability-identifier-naming): the names are those of C

// jot: text in UTF-8. '!' is not allowed. -------------------------------------------------------

/// The parser looks for '!' in the whole chunk before it reports any text of it. That is no fault,
/// but the report before an error depends on the cuts. The fault: of a character of two bytes that
/// is cut, both bytes are lost.
struct jot_parser {
  void (*on_text)(void* user, const char* bytes, std::size_t size);
  void* user;
  bool half;  ///< the second byte of a character is still to come
};

/// Returns 0, or -1 at a '!'.
inline int jot_feed(jot_parser* jot, const char* bytes, std::size_t size) {
  if (std::memchr(bytes, '!', size) != nullptr) return -1;
  if (jot->half && size > 0) jot->half = false, ++bytes, --size;
  if (size > 0 && (static_cast<unsigned char>(bytes[size - 1]) & 0xE0) == 0xC0) jot->half = true, --size;
  if (size > 0) jot->on_text(jot->user, bytes, size);
  return 0;
}

// box: one byte of length, then so many bytes. --------------------------------------------------

/// The fault: a box takes 16 KiB from malloc for each byte that it declares, before these come.
struct box_parser {
  char* held;
  std::size_t want, have;
};

inline void box_free(box_parser* box) {
  std::free(box->held);
  box->held = nullptr;
}

/// Feeds one byte. Returns 1 when a box is complete: it is in `held`, with `have` bytes.
inline int box_feed(box_parser* box, char byte) {
  if (box->held == nullptr) {
    box->want = static_cast<unsigned char>(byte);
    box->have = 0;
    box->held = static_cast<char*>(std::malloc((box->want + 1) << 14));
    return box->want == 0 && box->held != nullptr ? 1 : 0;
  }
  box->held[box->have++] = byte;
  return box->have == box->want ? 1 : 0;
}

// tag: text whose chunk "bc" is taken for the end of a tag and thrown away. ----------------------

struct tag_parser {
  void (*on_text)(void* user, const char* bytes, std::size_t size);
  void* user;
};

inline void tag_feed(tag_parser* tag, const char* bytes, std::size_t size) {
  if (std::string_view(bytes, size) != "bc") tag->on_text(tag->user, bytes, size);
}

// NOLINTEND(readability-identifier-naming)

// The protocols -------------------------------------------------------------------------------

inline void logText(void* log, const char* bytes, std::size_t size) {
  static_cast<EventLog*>(log)->part("text", ByteView(std::string_view(bytes, size)));
}

/// How a wrapper reports that its parser refuses the input.
enum class Refusal : unsigned char { kEvent, kLast };

class Jot : public Protocol {
 public:
  Jot(EventLog& log, Refusal refusal) : log_(log), refusal_(refusal) {}
  void dataReceived(ByteView data) override {
    if (failed_ || jot_feed(&jot_, data.data(), data.size()) == 0) return;
    failed_ = true;
    if (refusal_ == Refusal::kLast) log_.last("error", "not allowed");
    else log_.event("error", "not allowed");
  }

 private:
  EventLog& log_;
  const Refusal refusal_;
  jot_parser jot_{logText, &log_, false};
  bool failed_ = false;
};

class Box : public Protocol {
 public:
  explicit Box(EventLog& log) : log_(log) {}
  ~Box() override { box_free(&box_); }
  void dataReceived(ByteView data) override {
    for (const char byte : data) {
      if (box_feed(&box_, byte) == 0) continue;
      log_.event("box", ByteView(std::string_view(box_.held, box_.have)));
      box_free(&box_);
    }
  }

 private:
  EventLog& log_;
  box_parser box_{};
};

class Tag : public Protocol {
 public:
  explicit Tag(EventLog& log) : tag_{logText, &log} {}
  void dataReceived(ByteView data) override { tag_feed(&tag_, data.data(), data.size()); }

 private:
  tag_parser tag_;
};

}  // namespace teasel::props::test
