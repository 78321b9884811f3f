#pragma once

#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// A stand-in for TLS: a byte that came through it is not the byte that was on the wire.
inline std::string throughSecureLayer(ByteView wire) {
  std::string plain = wire.str();
  for (char& byte : plain) byte = static_cast<char>(byte ^ 0x55);
  return plain;
}

/// Exhibit: plaintext behind the switch to a secure layer is taken as secure. When "STARTTLS" has
/// been read, bytes may wait in the buffer. They came in the clear, from anybody on the way. The
/// parser reads them as if they had come through the secure layer. Postfix (CVE-2011-0411), Cyrus
/// and many others had this fault.
template <bool kFixed>
class StartSecure : public Protocol {
 public:
  static constexpr std::size_t kMaxLength = 1000;

  explicit StartSecure(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    buffer_ += secure_ ? throughSecureLayer(data) : data.str();
    for (std::size_t end = 0; (end = buffer_.find("\r\n")) != std::string::npos;) {
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      if (line.size() > kMaxLength) return transport().abortConnection();
      lineReceived(line);
    }
    if (buffer_.size() > kMaxLength + 1) transport().abortConnection();
  }

 private:
  void lineReceived(const std::string& line) {
    if (secure_) {
      log_.event("secure", line);
    } else if (line == "STARTTLS") {
      transport().write("go ahead\r\n");
      secure_ = true;
      if constexpr (kFixed) buffer_ = throughSecureLayer(buffer_);  // the fault: not done
    } else {
      log_.event("plain", line);
    }
  }

  props::EventLog& log_;
  std::string buffer_;
  bool secure_ = false;
};

}  // namespace teasel::museum
