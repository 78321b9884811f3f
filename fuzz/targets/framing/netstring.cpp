#include <string>
#include <vector>

#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/fakes/world/scenario.hpp>

#include "framing/kinds.hpp"

namespace teasel::targets {
namespace {

/// Reads netstrings ("5:hello,": the length, a colon, the bytes, a comma) in the simplest way and
/// all at once. Every delivery in chunks must have the same result.
class PlainNetstrings {
 public:
  explicit PlainNetstrings(ByteView bytes) {
    while (!broken && !bytes.empty()) {
      const std::size_t taken = take(bytes);
      if (taken == 0) return;
      bytes = bytes.sub(taken);
    }
  }
  std::vector<std::string> strings;
  bool broken = false;

 private:
  std::size_t take(ByteView bytes) {
    std::size_t at = 0, length = 0;
    for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9'; ++at) {
      broken = at > 0 && length == 0;  // a leading zero
      length = length * 10 + static_cast<std::size_t>(bytes[at] - '0');
      broken |= length > kMaxMessage;
      if (broken) return 0;
    }
    if (at == bytes.size()) return 0;
    broken = at == 0 || bytes[at] != ':';
    if (broken || bytes.size() - at - 1 < length + 1) return 0;
    broken = bytes[at + 1 + length] != ',';
    if (broken) return 0;
    strings.push_back(bytes.sub(at + 1, length).str());
    return at + length + 2;
  }
};

/// A NetstringReceiver that keeps the strings that it gets.
class Collector final : public NetstringReceiver {
 public:
  Collector() : NetstringReceiver(kMaxMessage) {}
  void stringReceived(ByteView string) override { strings.push_back(string.str()); }
  std::vector<std::string> strings;
};

bool agrees(fakes::World& world, ByteView bytes) {
  const PlainNetstrings expected(bytes);
  for (const fakes::ChunkPlan& plan : {fakes::ChunkPlan::whole(), fakes::ChunkPlan::bytewise(), fakes::ChunkPlan::every(7)}) {
    Collector collector;
    plan.forEachChunk(bytes, [&collector](ByteView chunk) { collector.dataReceived(chunk); });
    if (collector.strings != expected.strings || collector.brokenPeer() != expected.broken)
      world.fail("reference", "delivered by " + plan.text() + ", " + std::to_string(collector.strings.size()) + " strings came" +
                                  (collector.brokenPeer() ? " and an error" : "") + ", " +
                                  std::to_string(expected.strings.size()) + (expected.broken ? " and an error" : "") +
                                  " were right");
  }
  return world.verdict() == nullptr;
}

constexpr std::string_view kWords[] = {"0:,",          "6:echo a,", "5:count,", "7:pause 5,", "5:blink,",
                                       "9:later 5 x,", "4:quit,",   "12:",      ","};

fakes::ScenarioOptions netstringOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.messageSize = netstringMessage;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(netstring, "a server that obeys netstrings; a plain parser agrees with NetstringReceiver", netstringOptions()) {
  if (!checkServer(world, kindsOf<Server, Netstrings>(wholeNetstrings))) return;
  std::string sent;
  for (const fakes::PlayEvent& event : world.play().events()) sent += world.play().bytes(event).text();
  agrees(world, sent);
}

}  // namespace
}  // namespace teasel::targets
