#pragma once

#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: delivery after loseConnection. The parser goes on to the end of the chunk, even if a
/// handler has closed the connection. Twisted's NetstringReceiver and IntNStringReceiver have this
/// fault.
template <bool kFixed>
class AfterClose : public Protocol {
 public:
  static constexpr std::size_t kMaxLength = 1000;

  explicit AfterClose(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    buffer_ += data.text();
    while (deliverOne())
      if (kFixed && transport().disconnecting()) return;  // the fault: nobody checks this
  }

 private:
  /// Takes a netstring, "3:abc,". Returns false when none is complete, or when the bytes are none.
  bool deliverOne() {
    std::size_t length = 0, at = 0;
    for (; at < buffer_.size() && buffer_[at] >= '0' && buffer_[at] <= '9'; ++at) {
      length = length * 10 + static_cast<std::size_t>(buffer_[at] - '0');
      if (length > kMaxLength) return refuse();
    }
    if (at == buffer_.size()) return false;
    if (at == 0 || buffer_[at] != ':') return refuse();
    if (buffer_.size() - at - 1 < length + 1) return false;
    if (buffer_[at + 1 + length] != ',') return refuse();
    const std::string string = buffer_.substr(at + 1, length);
    buffer_.erase(0, at + length + 2);
    log_.event("string", string);
    return true;
  }
  bool refuse() {
    transport().abortConnection();
    return false;
  }

  props::EventLog& log_;
  std::string buffer_;
};

}  // namespace teasel::museum
