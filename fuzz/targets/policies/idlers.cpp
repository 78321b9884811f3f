#include "policies/idlers.hpp"

#include <string>

#include <teasel/fakes/program/sparing.hpp>
#include <teasel/props/harness.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::targets {

namespace {

const props::Subject kPlain = [](Reactor& reactor, props::EventLog& log) { return std::make_shared<Idler>(reactor, log); };
const props::Subject kWrapped = [](Reactor& reactor, props::EventLog& log) {
  return std::make_shared<ProtocolWrapper>(std::make_shared<ProtocolWrapper>(std::make_shared<Idler>(reactor, log)));
};

/// Checks that neither a protocol nor its peer notices a wrapper that overrides nothing.
bool wrappingIsNotNoticed(fakes::World& world) {
  if (fakes::Sparing::leavesOut()) return true;
  props::Harness& harness = props::harness();
  const props::Results* const plain = harness.shared(world, kPlain, props::Chunking::kAsPlayed);
  if (plain == nullptr) return false;
  const std::size_t count = plain->connections();
  if (!harness.run(world, kWrapped, props::Chunking::kAsPlayed)) return false;
  world.check(harness.connections() == count, "wrapping-noticed");
  for (std::size_t k = 0; k < count && world.verdict() == nullptr; ++k) {
    const props::Observed &with = harness.connection(k), &without = plain->connection(k);
    const std::size_t at = props::EventLog::firstDifference(with.log, without.log);
    if (with.log == without.log && with.output == without.output && with.reason == without.reason) continue;
    world.fail("wrapping-noticed", "connection " + std::to_string(k) + ": " + with.log.text(at, 2) + " and " + with.reason +
                                       ", without wrappers " + without.log.text(at, 2) + " and " + without.reason);
  }
  return world.verdict() == nullptr;
}

void checkOutput(fakes::World& world) {
  for (unsigned k = 0; k < fakes::Play::kMaxConnections; ++k) {
    if (!world.play().connects(k)) continue;
    const fakes::RemotePeer& peer = world.peer(k);
    if (peer.sawEof() && !peer.sawReset() && !peer.received().empty())
      world.check(peer.received().text().ends_with("\r\n"), "whole-lines");
  }
}

constexpr std::string_view kWords[] = {"\r\n",       "timeout 50\r\n", "never\r\n",      "hush\r\n",        "warn\r\n",
                                       "bear\r\n",   "file 9\r\n",     "file 30000\r\n", "file 9 quit\r\n", "file 9 bad\r\n",
                                       "echo a\r\n", "later 5 x\r\n",  "pause 5\r\n",    "quit\r\n"};

}  // namespace

fakes::ScenarioOptions idlerOptions(std::uint8_t appOps) {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.appOps = appOps;
  options.play.bytes = 8192;
  options.world.window = 16384;  // so small that a file waits for a peer that does not read
  // An Idler demands its time-outs to the nanosecond. Those of a host that is busy are late.
  options.climate.without = {&fakes::Faults::listen, &fakes::Faults::slow};
  return options;
}

void checkIdlers(fakes::World& world, const WrappingFactory& wrapping) {
  world.check(wrapping.protocols().empty(), "wrapper-left");
  checkOutput(world);
  if (world.verdict() == nullptr && wrappingIsNotNoticed(world)) props::chunkInvariance(world, kPlain);
}

}  // namespace teasel::targets
