#pragma once

#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Whether bytes are UTF-8: each leading byte is followed by as many bytes as it says.
inline bool isUtf8(ByteView text) {
  std::size_t following = 0;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if ((byte & 0xC0) == 0x80) {
      if (following-- == 0) return false;
    } else {
      if (following > 0 || byte == 0xC0 || byte == 0xC1 || byte > 0xF4) return false;
      following = byte < 0x80 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    }
  }
  return following == 0;
}

/// Exhibit: a character of several bytes is split across chunks. Each chunk is taken for text as it
/// comes, and half a character is no text. In Twisted's IRC server that ends the connection.
/// Elsewhere it becomes two wrong characters (KiwiIRC 358).
template <bool kFixed>
class Utf8Split : public Protocol {
 public:
  static constexpr std::size_t kMaxLength = 1000;

  explicit Utf8Split(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    if (!kFixed && !isUtf8(data)) return refuse();  // the fault: only a whole line need be text
    buffer_ += data.text();
    for (std::size_t end = 0; (end = buffer_.find('\n')) != std::string::npos;) {
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.size() > kMaxLength || (kFixed && !isUtf8(line))) return refuse();
      log_.event("line", line);
    }
    if (buffer_.size() > kMaxLength) refuse();
  }

 private:
  void refuse() { transport().abortConnection(); }

  props::EventLog& log_;
  std::string buffer_;
};

}  // namespace teasel::museum
