// The museum: protocols with known faults of the kinds that widely used framing code has had, each as a scenario with the
// property that shows it, and each with a fixed twin, NAME_fixed, that must stay quiet. A campaign must find all of them.

#include <cstdlib>
#include <string_view>

#include <teasel/fakes/scenario.hpp>
#include <teasel/props/properties.hpp>

#include "again.hpp"
#include "kept_view.hpp"
#include "rescan.hpp"
#include "split_limit.hpp"

namespace teasel::museum {
namespace {

using fakes::ScenarioOptions;
using fakes::World;

constexpr std::string_view kLineWords[] = {"\r\n", "\n", "a", "12345678"};
constexpr std::string_view kMessageWords[] = {{"\1a", 2}, {"\2bc", 3}, {"\0", 1}};
constexpr std::string_view kNameWords[] = {"name ", "who", "\r\n", "bob"};

template <std::size_t N>
ScenarioOptions oneConnection(const std::string_view (&words)[N]) {
  ScenarioOptions options;
  options.play.connections = 1;
  options.shape.connections = 1;
  options.shape.words = words;
  return options;
}

template <class P>
props::Subject reporting() {
  return [](Reactor&, props::EventLog& log) { return std::make_shared<P>(log); };
}

template <bool kFixed>
void splitLimit(World& world) {
  const props::Subject subject = reporting<SplitLimit<kFixed>>();
  if (props::serve(world, subject)) props::chunkInvariance(world, subject);
}
TEASEL_SCENARIO(split_limit, "a length limit that depends on where the delimiter is split", oneConnection(kLineWords)) {
  splitLimit<false>(world);
}
TEASEL_SCENARIO(split_limit_fixed, "the same, fixed", oneConnection(kLineWords)) { splitLimit<true>(world); }

template <class P>
void again(World& world) {
  const props::Subject subject = reporting<P>();
  if (props::serve(world, subject)) props::exactlyOnce(world, subject);
}
TEASEL_SCENARIO(again_inside, "messages delivered again after an exception that the protocol catches",
                oneConnection(kMessageWords)) {
  again<AgainInside<false>>(world);
}
TEASEL_SCENARIO(again_inside_fixed, "the same, fixed", oneConnection(kMessageWords)) { again<AgainInside<true>>(world); }
TEASEL_SCENARIO(again_outside, "messages delivered again after an exception that a caller of dataReceived catches",
                oneConnection(kMessageWords)) {
  again<AgainOutside<false>>(world);
}
TEASEL_SCENARIO(again_outside_fixed, "the same, fixed", oneConnection(kMessageWords)) { again<AgainOutside<true>>(world); }

template <bool kFixed>
void rescan(World& world) {
  const props::Subject subject = reporting<Rescan<kFixed>>();
  if (props::serve(world, subject)) props::chunkCost(world, subject);
}
TEASEL_SCENARIO(rescan, "quadratic rescanning of what waits, with every chunk", oneConnection(kLineWords)) {
  rescan<false>(world);
}
TEASEL_SCENARIO(rescan_fixed, "the same, fixed", oneConnection(kLineWords)) { rescan<true>(world); }

template <bool kFixed>
void keptView(World& world) {
  const props::Subject subject = [](Reactor&, props::EventLog&) { return std::make_shared<KeptView<kFixed>>(); };
  if (props::serve(world, subject)) props::chunkInvariance(world, subject);
}
TEASEL_SCENARIO(kept_view, "a view kept past its callback", oneConnection(kNameWords)) { keptView<false>(world); }
TEASEL_SCENARIO(kept_view_fixed, "the same, fixed", oneConnection(kNameWords)) { keptView<true>(world); }

/// Crashes, to prove that a crash is reported as one.
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
