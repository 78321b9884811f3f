#pragma once

#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: a header parser that wants its first 8 bytes in one piece. A proxy sends "PROXY TCP4
/// 1.2.3.4 5.6.7.8 99 80\r\n" before the stream that it passes on. If the first chunk is too short
/// to be such a header, the parser takes it for something else. Twisted's HAProxy wrapper has this
/// fault (ticket 8287). nginx (1400) and LavinMQ (2082) had it.
template <bool kFixed>
class FirstEight : public Protocol {
 public:
  static constexpr std::size_t kFirst = 8, kMaxHeader = 107;

  explicit FirstEight(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    if (passing_) return log_.part("stream", data);
    header_ += data.text();
    if (header_.size() < kFirst) {
      if constexpr (!kFixed) refuse();  // the fault: the rest may be on its way
      return;
    }
    const std::size_t end = header_.find("\r\n");
    const bool tooLong = end == std::string::npos ? header_.size() >= kMaxHeader : end + 2 > kMaxHeader;
    if (!header_.starts_with("PROXY ") || tooLong) return refuse();
    if (end == std::string::npos) return;
    passing_ = true;
    log_.event("header", ByteView(header_).sub(0, end));
    log_.part("stream", ByteView(header_).sub(end + 2));
    header_.clear();
  }

 private:
  void refuse() { transport().abortConnection(); }

  props::EventLog& log_;
  std::string header_;
  bool passing_ = false;
};

}  // namespace teasel::museum
