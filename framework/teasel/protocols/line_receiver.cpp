#include <teasel/protocols/line_receiver.hpp>

#include <utility>

namespace teasel {

LineReceiver::LineReceiver(std::string delimiter, std::size_t maxLength) : LineOnlyReceiver(std::move(delimiter), maxLength) {}

LineReceiver::~LineReceiver() = default;

void LineReceiver::rawDataReceived(ByteView) {
  throw UsageError(logPrefix() + " is in raw mode and does not override rawDataReceived");
}

bool LineReceiver::deliverInput() {
  if (!raw_) return LineOnlyReceiver::deliverInput();
  deliverRaw();
  return true;
}

std::size_t LineReceiver::bytesNeeded() const noexcept { return raw_ ? 0 : LineOnlyReceiver::bytesNeeded(); }

void LineReceiver::deliverRaw() {
  struct Given {
    ByteView& view;
    ~Given() { view = {}; }
  } const scope{given_};
  given_ = input();
  setInput({});
  rawDataReceived(given_);
}

void LineReceiver::setRawMode() {
  raw_ = true;
  skipNoMore();
  framingChanged();
}

void LineReceiver::setLineMode(ByteView extra) {
  raw_ = false;
  skipNoMore();
  if (delivering()) {
    if (input().empty() && extra.size() <= given_.size() && extra.end() == given_.end()) setInput(extra);
    else if (!extra.empty()) putBack(extra);
    framingChanged();
  } else if (extra.empty()) {
    framingChanged();
  } else {
    receive(extra.str() + takeBuffered());
  }
}

std::string LineReceiver::clearLineBuffer() {
  skipNoMore();
  return takeBuffered();
}

}  // namespace teasel
