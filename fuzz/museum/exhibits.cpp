// The museum: protocols with known faults. Widely used framing code has had faults of these kinds.
// Each is a scenario with the property that shows it. Each has a fixed twin, NAME_fixed, that must
// stay quiet. A campaign must find all faults.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string_view>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "after_close.hpp"
#include "again.hpp"
#include "exhibit.hpp"
#include "first_eight.hpp"
#include "kept_view.hpp"
#include "late_timer.hpp"
#include "length_split.hpp"
#include "lost_twice.hpp"
#include "pause_twice.hpp"
#include "pipelined_lost.hpp"
#include "preallocation.hpp"
#include "rescan.hpp"
#include "split_limit.hpp"
#include "start_secure.hpp"
#include "utf8_split.hpp"

namespace teasel::museum {
namespace {

using fakes::World;

constexpr std::string_view kLineWords[] = {"\r\n", "\n", "a", "12345678"};
constexpr std::string_view kMessageWords[] = {{"\1a", 2}, {"\2bc", 3}, {"\0", 1}};
constexpr std::string_view kLongMessageWords[] = {{"\0\1a", 3}, {"\0\2bc", 4}, {"\0\0", 2}};
constexpr std::string_view kNetstringWords[] = {"1:a,", "2:bc,", "0:,"};
constexpr std::string_view kNameWords[] = {"name ", "\r\n", "bob"};
constexpr std::string_view kTextWords[] = {"\n", "a", "\xC3\xA9", "\xE2\x82\xAC"};
constexpr std::string_view kProxyWords[] = {"PROXY TCP4 ", "1.2.3.4 ", "\r\n", "a"};
constexpr std::string_view kArrayWords[] = {"*1", "0", "\r\n", "a"};
constexpr std::string_view kSecureWords[] = {"STARTTLS\r\n", "\r\n", "a"};

bool exactlyOnce(World& world, const props::Subject& subject) { return props::exactlyOnce(world, subject); }
bool silentAfterClose(World& world, const props::Subject& subject) { return props::silentAfterClose(world, subject); }
bool chunkCost(World& world, const props::Subject& subject) { return props::chunkCost(world, subject); }
/// The bound on heap: subjects as small as these need no more than a kilobyte.
bool boundedHeap(World& world, const props::Subject& subject) {
  return props::boundedHeap(world, subject, {.perByte = 256, .base = std::size_t{8} << 10});
}

/// Watches, in the world itself, what `make` puts around or into the watch.
template <class Make>
void live(World& world, Make&& make) {
  props::Watch watch(world);
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(1, make(watch, reactor));
  world.run();
  watch.finish();
}

// Exhibits whose deliveries depend on the cuts.

template <bool kFixed>
void splitLimit(World& world) {
  check<SplitLimit<kFixed>>(world, &props::chunkInvariance);
}
TEASEL_EXHIBIT(split_limit, "a length limit that depends on where the delimiter is split", splitLimit, oneConnection(kLineWords))

template <bool kFixed>
void keptView(World& world) {
  check<KeptView<kFixed>>(world, &props::chunkInvariance);
}
TEASEL_EXHIBIT(kept_view, "a view kept past its callback", keptView, oneConnection(kNameWords))

template <bool kFixed>
void utf8Split(World& world) {
  check<Utf8Split<kFixed>>(world, &props::chunkInvariance);
}
TEASEL_EXHIBIT(utf8_split, "a character of several bytes that is split across chunks", utf8Split, oneConnection(kTextWords))

template <bool kFixed>
void firstEight(World& world) {
  check<FirstEight<kFixed>>(world, &props::chunkInvariance);
}
TEASEL_EXHIBIT(first_eight, "a header parser that wants its first 8 bytes in one piece", firstEight, oneConnection(kProxyWords))

template <bool kFixed>
void lengthSplit(World& world) {
  check<LengthSplit<kFixed>>(world, &props::chunkInvariance);
}
TEASEL_EXHIBIT(length_split, "a length that is split in the middle of its integer", lengthSplit, oneConnection(kLongMessageWords))

template <bool kFixed>
void pipelinedLost(World& world) {
  check<PipelinedLost<kFixed>>(world, &props::chunkInvariance);
}
TEASEL_EXHIBIT(pipelined_lost, "a second message lost when the first ends exactly at the chunk's end", pipelinedLost,
               oneConnection(kMessageWords))

template <bool kFixed>
void startSecure(World& world) {
  check<StartSecure<kFixed>>(world, &props::chunkInvariance);
}
TEASEL_EXHIBIT(start_secure, "plaintext pipelined behind the switch to a secure layer, taken as secure", startSecure,
               oneConnection(kSecureWords))

// Exhibits in which something that a handler does shows elsewhere.

template <bool kFixed>
void againInside(World& world) {
  check<AgainInside<kFixed>>(world, &exactlyOnce);
}
TEASEL_EXHIBIT(again_inside, "messages delivered again after an exception that the protocol catches", againInside,
               oneConnection(kMessageWords))

template <bool kFixed>
void againOutside(World& world) {
  check<AgainOutside<kFixed>>(world, &exactlyOnce);
}
TEASEL_EXHIBIT(again_outside, "messages delivered again after an exception that a caller of dataReceived catches", againOutside,
               oneConnection(kMessageWords))

template <bool kFixed>
void afterClose(World& world) {
  check<AfterClose<kFixed>>(world, &silentAfterClose);
}
TEASEL_EXHIBIT(after_close, "delivery after loseConnection", afterClose, oneConnection(kNetstringWords))

template <bool kFixed>
void pauseTwice(World& world) {
  using Paused = PauseTwice<kFixed>;
  check<Paused>(world, [](World& in, const props::Subject& subject) {
    props::Pausing pausing;
    pausing.pause = [](Protocol& protocol) { static_cast<Paused&>(protocol).pauseProducing(); };
    pausing.resume = [](Protocol& protocol) { static_cast<Paused&>(protocol).resumeProducing(); };
    return props::pauseInvariance(in, subject, 4, pausing);
  });
}
TEASEL_EXHIBIT(pause_twice, "pausing and resuming inside a handler delivers twice", pauseTwice, oneConnection(kMessageWords))

// Exhibits in which input costs too much.

template <bool kFixed>
void rescan(World& world) {
  check<Rescan<kFixed>>(world, &chunkCost);
}
TEASEL_EXHIBIT(rescan, "quadratic rescanning of what waits, with every chunk", rescan, oneConnection(kLineWords))

template <bool kFixed>
void preallocation(World& world) {
  check<Preallocation<kFixed>>(world, &boundedHeap);
}
TEASEL_EXHIBIT(preallocation, "room made for a declared length", preallocation, oneConnection(kArrayWords))

// Exhibits about the life of a connection and what outlives it.

template <bool kFixed>
void lostTwice(World& world) {
  live(world, [](props::Watch& watch, Reactor& reactor) {
    const auto inner = Factory::forProtocol<Protocol>();
    return std::make_shared<LostTwiceFactory<kFixed>>(reactor, watch.over(inner));
  });
}
TEASEL_EXHIBIT(lost_twice, "connectionLost twice, on end of stream plus reset", lostTwice, oneConnection(kLineWords))

template <bool kFixed>
void lateTimer(World& world) {
  live(world, [](props::Watch& watch, Reactor& reactor) {
    const auto factory = Factory::forProtocol<LateTimer<kFixed>>(std::ref(reactor));
    factory->noisy = false;
    return watch.over(factory);
  });
}
TEASEL_EXHIBIT(late_timer, "a forgotten timer that fires after the close", lateTimer, oneConnection(kLineWords))

/// The canary. It crashes, to prove that a crash is reported as a crash.
class Canary : public Protocol {
 public:
  void dataReceived(ByteView data) override {
    if (data[0] == '!') std::abort();
  }
};
TEASEL_SCENARIO(canary, "crashes when a chunk begins with '!'", oneConnection(kLineWords)) {
  props::serve(world, [](Reactor&, props::EventLog&) { return std::make_shared<Canary>(); });
}

}  // namespace
}  // namespace teasel::museum
