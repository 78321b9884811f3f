#include <memory>
#include <stdexcept>
#include <string>

#include <teasel/protocols/int_n_string_receiver.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/protocols/netstring_receiver.hpp>
#include <teasel/protocols/stateful_protocol.hpp>

#include "../harness/interleave.hpp"
#include "bare.hpp"
#include "rows.hpp"

namespace teasel::bench {
namespace {

/// Bytes in the block of messages that is fed again and again: 64 KiB.
constexpr std::size_t kBlock = 65536;

std::string letters(std::size_t count, std::size_t from) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + (from + i) % 26);
  return text;
}

std::string bigEndian(std::size_t number, std::size_t bytes) {
  std::string text;
  for (std::size_t at = bytes; at-- > 0;) text += static_cast<char>(number >> (8 * at) & 0xff);
  return text;
}

// Each kind of receiver below builds frames of kFrame bytes and counts the messages that it gets.

template <class Receiver, std::size_t Frame = 1024>
struct LinesOf final : Receiver {
  static constexpr std::size_t kFrame = Frame, kContent = Frame - 2;
  static std::string frame(const std::string& content) { return content + "\r\n"; }
  void lineReceived(std::string_view line) override {
    ++got.count;
    got.bytes += line.size();
  }
  Lines got;
};

struct Netstrings final : NetstringReceiver {
  static constexpr std::size_t kFrame = 1024, kContent = 1018;
  static std::string frame(const std::string& content) { return std::to_string(content.size()) + ":" + content + ","; }
  void stringReceived(ByteView string) override {
    ++got.count;
    got.bytes += string.size();
  }
  Lines got;
};

template <class Receiver, std::size_t Prefix>
struct StringsOf final : Receiver {
  static constexpr std::size_t kFrame = Prefix == 1 ? 256 : 1024, kContent = kFrame - Prefix;
  static std::string frame(const std::string& content) { return bigEndian(content.size(), Prefix) + content; }
  void stringReceived(ByteView string) override {
    ++got.count;
    got.bytes += string.size();
  }
  Lines got;
};

struct States final : StatefulProtocol {
  static constexpr std::size_t kFrame = 1024, kContent = 1020;
  static std::string frame(const std::string& content) { return bigEndian(content.size(), 4) + content; }
  State getInitialState() override { return {&States::size, 4}; }
  State size(ByteView bytes) {
    std::size_t length = 0;
    for (const char byte : bytes) length = length << 8 | static_cast<unsigned char>(byte);
    return {&States::body, length};
  }
  State body(ByteView bytes) {
    ++got.count;
    got.bytes += bytes.size();
    return {&States::size, 4};
  }
  Lines got;
};

template <class Kind>
std::string makeBlock() {
  std::string text;
  while (text.size() < kBlock) text += Kind::frame(letters(Kind::kContent, text.size() / Kind::kFrame));
  if (text.size() != kBlock) throw std::logic_error("the block is not made of whole frames");
  return text;
}

template <class Kind>
const std::string& block() {
  static const std::string kMade = makeBlock<Kind>();
  return kMade;
}

/// A block of lines that are as long as the Kind's frames, for the memchr loop.
template <class Kind>
const std::string& lines() {
  static const std::string kMade = [] {
    std::string text;
    while (text.size() < kBlock) text += letters(Kind::kFrame - 2, text.size() / Kind::kFrame) + "\r\n";
    return text;
  }();
  return kMade;
}

/// Feeds `all` in chunks through the virtual dataReceived, as a transport does.
template <class Receiver>
void feed(Receiver& receiver, ByteView all, std::size_t chunk) {
  for (std::size_t at = 0; at < all.size(); at += chunk) receiver.dataReceived({all.data() + at, chunk});
}

[[gnu::noinline]] void feedBytewise(StreamProtocol& protocol, ByteView all) { feed(protocol, all, 1); }
[[gnu::noinline]] void feedBytewise(BareReceiver& receiver, ByteView all) { feed(receiver, all, 1); }

/// Makes a receiver and checks that it finds all messages.
template <class Kind>
std::shared_ptr<Kind> receiverFor(std::size_t chunk) {
  auto receiver = std::make_shared<Kind>();
  feed<StreamProtocol>(*receiver, block<Kind>(), chunk);
  const std::size_t count = kBlock / Kind::kFrame;
  if (receiver->got.count != count || receiver->got.bytes != count * Kind::kContent)
    throw std::runtime_error("the messages are wrong");
  return receiver;
}

template <class Kind>
Round bytewise() {
  const std::shared_ptr<Kind> receiver = receiverFor<Kind>(1);
  const std::shared_ptr<BareReceiver> bare = makeBareReceiver();
  return inTurns(
      [=](long count) {
        while (count-- > 0) feedBytewise(*receiver, block<Kind>());
      },
      [=](long count) {
        while (count-- > 0) feedBytewise(*bare, block<Kind>());
      },
      RatioIs::kCost, [](double each) { return millions(each / kBlock); });
}

template <class Kind>
Round inChunks(std::size_t chunk) {
  const std::shared_ptr<Kind> receiver = receiverFor<Kind>(chunk);
  const auto bare = std::make_shared<Lines>();
  const auto split = [=](long count) {
    const ByteView all(lines<Kind>());
    while (count-- > 0)
      for (std::size_t at = 0; at < all.size(); at += chunk) splitBare({all.data() + at, chunk}, *bare);
  };
  return inTurns(
      [=](long count) {
        while (count-- > 0) feed<StreamProtocol>(*receiver, block<Kind>(), chunk);
      },
      split, RatioIs::kSpeed, [](double each) { return millions(each / kBlock); });
}

template <class Kind>
void addRows(const std::string& protocol) {
  addRow({"feed/" + protocol + "/bytewise", "M feeds/s", bytewise<Kind>});
  for (const std::size_t chunk : {64, 1024, 65536})
    addRow({"feed/" + protocol + "/" + std::to_string(chunk), "MB/s", [=] { return inChunks<Kind>(chunk); }});
}

}  // namespace

void addFeedRows() {
  addRows<LinesOf<LineReceiver>>("line");
  addRows<LinesOf<LineOnlyReceiver>>("lineonly");
  addRows<Netstrings>("netstring");
  addRows<StringsOf<Int8StringReceiver, 1>>("int8");
  addRows<LinesOf<LineReceiver, 256>>("line256");  // its frames are as short as int8's
  addRows<StringsOf<Int16StringReceiver, 2>>("int16");
  addRows<StringsOf<Int32StringReceiver, 4>>("int32");
  addRows<States>("stateful");
}

}  // namespace teasel::bench
