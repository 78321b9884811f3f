#include <memory>
#include <string>

#include <teasel/protocols/line_receiver.hpp>

#include "../harness/interleave.hpp"
#include "bare.hpp"
#include "rows.hpp"

namespace teasel::bench {
namespace {

/// 64 KiB of lines of 1 KiB each, delimiter included; fed again and again.
const std::string& block() {
  static const std::string made = [] {
    std::string text;
    for (int line = 0; line < 64; ++line) {
      for (int i = 0; i < 1022; ++i) text += static_cast<char>('a' + (line + i) % 26);
      text += "\r\n";
    }
    return text;
  }();
  return made;
}

class CountingLines final : public LineReceiver {
 public:
  void lineReceived(std::string_view line) override {
    ++lines_.count;
    lines_.bytes += line.size();
  }
  const Lines& lines() const { return lines_; }

 private:
  Lines lines_;
};

/// Feeds the block in chunks, through the virtual dataReceived, as a transport would.
template <class Receiver>
void feed(Receiver& receiver, std::size_t chunk) {
  const ByteView all(block());
  for (std::size_t at = 0; at < all.size(); at += chunk) receiver.dataReceived({all.data() + at, chunk});
}

[[gnu::noinline]] void feedBytewise(StreamProtocol& protocol) { feed(protocol, 1); }
[[gnu::noinline]] void feedBytewise(BareReceiver& receiver) { feed(receiver, 1); }

/// A receiver that has shown that it finds all lines.
std::shared_ptr<CountingLines> receiverFor(std::size_t chunk) {
  auto receiver = std::make_shared<CountingLines>();
  feed<StreamProtocol>(*receiver, chunk);
  if (receiver->lines().count != 64 || receiver->lines().bytes != 64 * 1022) throw std::runtime_error("the lines are wrong");
  return receiver;
}

Round bytewise() {
  const std::shared_ptr<CountingLines> lines = receiverFor(1);
  const std::shared_ptr<BareReceiver> bare = makeBareReceiver();
  const auto feeds = static_cast<double>(block().size());
  return inTurns(
      [=](long count) {
        while (count-- > 0) feedBytewise(*lines);
      },
      [=](long count) {
        while (count-- > 0) feedBytewise(*bare);
      },
      RatioIs::kCost, [=](double each) { return millions(each / feeds); });
}

Round inChunks(std::size_t chunk) {
  const std::shared_ptr<CountingLines> lines = receiverFor(chunk);
  const auto bare = std::make_shared<Lines>();
  const auto split = [=](long count) {
    const ByteView all(block());
    while (count-- > 0)
      for (std::size_t at = 0; at < all.size(); at += chunk) splitBare({all.data() + at, chunk}, *bare);
  };
  const auto bytes = static_cast<double>(block().size());
  return inTurns(
      [=](long count) {
        while (count-- > 0) feed<StreamProtocol>(*lines, chunk);
      },
      split, RatioIs::kSpeed, [=](double each) { return millions(each / bytes); });
}

}  // namespace

void addFeedRows() {
  addRow({"feed/line/bytewise", "M feeds/s", bytewise});
  for (const std::size_t chunk : {64, 1024, 65536})
    addRow({"feed/line/" + std::to_string(chunk), "MB/s", [=] { return inChunks(chunk); }});
}

}  // namespace teasel::bench
