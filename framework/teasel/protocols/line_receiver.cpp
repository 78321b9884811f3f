#include <teasel/protocols/line_receiver.hpp>

#include <utility>

namespace teasel {

LineReceiver::LineReceiver(std::string delimiter, std::size_t maxLength) : LineOnlyReceiver(std::move(delimiter), maxLength) {}

LineReceiver::~LineReceiver() = default;

void LineReceiver::rawDataReceived(ByteView) {
  throw UsageError(logPrefix() + " is in raw mode and does not override rawDataReceived");
}

bool LineReceiver::deliverSome() {
  if (!raw_) return LineOnlyReceiver::deliverSome();
  deliverRaw();
  return true;
}

std::size_t LineReceiver::quietSize() const noexcept { return raw_ ? 0 : LineOnlyReceiver::quietSize(); }

void LineReceiver::deliverRaw() {
  struct Given {
    ByteView& view;
    ~Given() { view = {}; }
  } const scope{given_};
  given_ = std::exchange(rest_, ByteView());
  rawDataReceived(given_);
}

void LineReceiver::setRawMode() {
  raw_ = true;
  skipNoMore();
  changed();
}

void LineReceiver::setLineMode(ByteView extra) {
  raw_ = false;
  skipNoMore();
  if (busy()) {
    if (rest_.empty() && extra.size() <= given_.size() && extra.end() == given_.end()) rest_ = extra;
    else if (!extra.empty()) putBack(extra);
    changed();
  } else if (extra.empty()) {
    changed();
  } else {
    receive(extra.str() + takeAll());
  }
}

std::string LineReceiver::clearLineBuffer() {
  skipNoMore();
  return takeAll();
}

}  // namespace teasel
