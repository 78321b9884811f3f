#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: a length that is split in the middle of its integer is forgotten. The body may come in
/// pieces, but its two bytes of length may not: a lone one is lost. Grizzly (868, chunked coding)
/// and AdGuard's dnsproxy (523, DNS over TCP) had this fault.
template <bool kFixed>
class LengthSplit : public Protocol {
 public:
  explicit LengthSplit(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    for (std::size_t at = 0; at < data.size();) {
      if (!inBody_ && !readLength(data, at)) return;
      const std::size_t some = std::min(missing_, data.size() - at);
      body_ += data.sub(at, some).text();
      at += some;
      missing_ -= some;
      if (missing_ > 0) return;
      log_.event("message", body_);
      body_.clear();
      inBody_ = false;
    }
  }

 private:
  /// Takes the length: two bytes, the higher one first.
  bool readLength(ByteView data, std::size_t& at) {
    // the fault: an earlier chunk's byte is forgotten
    if constexpr (!kFixed) missing_ = digits_ = 0;
    while (digits_ < 2) {
      if (at == data.size()) return false;
      missing_ = missing_ << 8 | static_cast<unsigned char>(data[at++]);
      ++digits_;
    }
    digits_ = 0;
    return inBody_ = true;
  }

  props::EventLog& log_;
  std::string body_;
  std::size_t missing_ = 0;  // bytes of the body; before it, its length as far as known
  int digits_ = 0;
  bool inBody_ = false;
};

}  // namespace teasel::museum
