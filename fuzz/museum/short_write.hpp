#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: behind a short write a server goes on at the wrong place. Each line end of the peer
/// asks for the next piece of a text. What still waits to be sent the server takes for bytes that
/// were not written, as with a bare socket, and writes them again; the transport sends them as
/// well. Where the kernel takes all at once, nothing ever waits. The check: the peer gets the text.
template <bool kFixed>
class ShortWrite : public Protocol {
 public:
  static constexpr std::string_view kText = "abcdefghijklmnopqrstuvwxyz";
  static constexpr std::size_t kPiece = 4;

  void dataReceived(ByteView data) override {
    const auto asked = static_cast<std::size_t>(std::count(data.begin(), data.end(), '\n'));
    if constexpr (!kFixed) at_ -= std::min(at_, transport().pendingBytes());  // the fault
    const std::string_view pieces = kText.substr(at_, asked * kPiece);
    at_ += pieces.size();
    transport().write(pieces);
  }

 private:
  std::size_t at_ = 0;  // of what was not written yet
};

}  // namespace teasel::museum
