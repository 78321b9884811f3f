#include <algorithm>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/protocols/irc/irc_base.hpp>

#include "../harness/interleave.hpp"
#include "bare.hpp"
#include "irc_lines.hpp"
#include "rows.hpp"

namespace teasel::bench {

std::string ircLines(std::size_t bytes) {
  std::uint64_t state = 1;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((state >> 33) % below);
  };
  const auto word = [&draw](std::size_t least, std::size_t spread) {
    std::string text;
    for (std::size_t size = least + draw(spread); size > 0; --size) text += static_cast<char>('a' + draw(26));
    return text;
  };
  const auto sentence = [&](std::size_t size) {
    std::string text = word(1, 9);
    while (text.size() < size) text += " " + word(1, 9);
    return text;
  };
  // A list in braces is evaluated from the left to the right, so every compiler draws in one order.
  const auto join = [](std::initializer_list<std::string> parts) {
    std::string text;
    for (const std::string& part : parts) text += part;
    return text;
  };
  std::string all;
  for (std::size_t number = 0; all.size() < bytes; ++number) {
    std::string line = number % 10 == 0 ? join({"@time=2026-01-01T00:00:00.000Z;account=", word(3, 6), " "}) : "";
    const std::string user = join({":", word(3, 7), "!", word(3, 6), "@", word(3, 8), ".", word(3, 8), ".example "});
    switch (draw(12)) {
      case 0: line += join({user, "JOIN #", word(3, 8)}); break;
      case 1: line += join({user, "PART #", word(3, 8), " :", sentence(10)}); break;
      case 2: line += join({user, "MODE #", word(3, 8), " +ov ", word(3, 7), " ", word(3, 7)}); break;
      case 3: line += join({":irc.server.example 353 me = #", word(3, 8), " :", sentence(60)}); break;
      default: line += join({user, "PRIVMSG #", word(3, 8), " :", sentence(8 + draw(30))}); break;
    }
    const std::size_t left = bytes - all.size();
    if (left < line.size() + 2 + 20) line = "PING :" + std::string(left - 8, 'x');
    all += line + "\r\n";
  }
  return all;
}

namespace {

constexpr std::size_t kBlock = 65536;

struct Messages final : irc::IRCProtocol {
  void messageReceived(const irc::Message& message) override {
    ++count;
    bytes += message.params.back().size() + message.command.size();
  }
  std::size_t count = 0, bytes = 0;
};

const std::string& block() {
  static const std::string kMade = ircLines(kBlock);
  return kMade;
}

[[gnu::noinline]] void feedIn(StreamProtocol& protocol, std::size_t chunk) {
  const ByteView all(block());
  for (std::size_t at = 0; at < all.size(); at += chunk) protocol.dataReceived({all.data() + at, chunk});
}
[[gnu::noinline]] void feedBare(BareReceiver& receiver) {
  const ByteView all(block());
  for (std::size_t at = 0; at < all.size(); ++at) receiver.dataReceived({all.data() + at, 1});
}

/// Makes a receiver, and checks that the block is what the row says and that all of it is read.
std::shared_ptr<Messages> receiver(std::size_t chunk) {
  const std::string& text = block();
  std::vector<std::size_t> sizes;
  std::size_t tagged = 0;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
    end = text.find('\n', at) + 1;
    sizes.push_back(end - at);
    tagged += text[at] == '@' ? 1 : 0;
  }
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2), sizes.end());
  const std::size_t middle = sizes[sizes.size() / 2];
  if (text.size() != kBlock || middle < 76 || middle > 84 || tagged != (sizes.size() + 9) / 10)
    throw std::logic_error("the lines of IRC have a median of " + std::to_string(middle) + " bytes, and " +
                           std::to_string(tagged) + " of " + std::to_string(sizes.size()) + " have tags");
  auto made = std::make_shared<Messages>();
  feedIn(*made, chunk);
  if (made->count != sizes.size() || made->badLines() != 0) throw std::runtime_error("not all lines were read as messages");
  return made;
}

Round bytewise() {
  const std::shared_ptr<Messages> messages = receiver(1);
  const std::shared_ptr<BareReceiver> bare = makeBareReceiver();
  return inTurns(
      [=](long count) {
        while (count-- > 0) feedIn(*messages, 1);
      },
      [=](long count) {
        while (count-- > 0) feedBare(*bare);
      },
      RatioIs::kCost, [](double each) { return millions(each / kBlock); });
}

Round inChunks(std::size_t chunk) {
  const std::shared_ptr<Messages> messages = receiver(chunk);
  const auto bare = std::make_shared<Lines>();
  return inTurns(
      [=](long count) {
        while (count-- > 0) feedIn(*messages, chunk);
      },
      [=](long count) {
        const ByteView all(block());
        while (count-- > 0)
          for (std::size_t at = 0; at < all.size(); at += chunk) splitBare({all.data() + at, chunk}, *bare);
      },
      RatioIs::kSpeed, [](double each) { return millions(each / kBlock); });
}

}  // namespace

void addIrcRows() {
  addRow({"feed/irc/bytewise", "M feeds/s", bytewise});
  for (const std::size_t chunk : {64, 1024, 65536})
    addRow({"feed/irc/" + std::to_string(chunk), "MB/s", [chunk] { return inChunks(chunk); }});
}

}  // namespace teasel::bench
