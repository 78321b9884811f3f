#include <array>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>

// Links between the hosts of a world and the outside, and hosts that crash.

namespace teasel::fakes {

namespace {
using namespace std::chrono_literals;
/// How long a host is down after a drawn crash.
constexpr std::array<Duration, 8> kDownTimes = {0s, 1ms, 100ms, 1s, 10s, 60s, 600s, 3600s};
}  // namespace

std::uint8_t World::partyOf(std::string_view name) const {
  if (name == kOutside) return kRemotePeer;
  std::string known;
  for (std::size_t i = 0; i < hostCount_; ++i) {
    if (hosts_[i]->name() == name) return hosts_[i]->number();
    known += hosts_[i]->name() + ", ";
  }
  throw UsageError("a link ends at a host that exists or at the outside, and \"" + std::string(name) +
                   "\" is neither; there are " + known + "outside");
}

void World::setLink(std::string_view a, std::string_view b, LinkState state, bool bothWays) {
  const std::uint8_t from = partyOf(a), to = partyOf(b);
  if (from == to) throw UsageError("there is no link from \"" + std::string(a) + "\" to itself");
  network_.setLink(from, to, state, bothWays);
}

void World::latency(std::string_view from, std::string_view to, Duration time, Site site) {
  if (time < Duration::zero())
    throw NegativeDelay("latency(" + durationText(time) + ") at " + site.text() + ": nothing arrives before it is sent");
  if (partyOf(from) == partyOf(to)) throw UsageError("there is no link from \"" + std::string(from) + "\" to itself");
  network_.setLatency(partyOf(from), partyOf(to), time);
}

// Events of the Play ------------------------------------------------------------------------------

/// The party that an event names. There must be a host.
std::uint8_t World::partyOf(unsigned party) const noexcept {
  return party == Play::kOutside ? kRemotePeer : hosts_[party % hostCount_]->number();
}

/// The host that an event names, or null where there is no host.
Host* World::hostOf(const PlayEvent& event) const noexcept {
  return hostCount_ == 0 ? nullptr : hosts_[event.host() % hostCount_].get();
}

bool World::performLink(const PlayEvent& event, LinkState state) {
  return hostCount_ > 0 && network_.setLink(partyOf(event.from()), partyOf(event.to()), state, !event.oneWay());
}

bool World::performLatency(const PlayEvent& event) {
  if (hostCount_ == 0 || partyOf(event.from()) == partyOf(event.to())) return false;
  network_.setLatency(partyOf(event.from()), partyOf(event.to()), event.duration());
  return true;
}

// Chance, and the end -----------------------------------------------------------------------------

void World::drawClimate(const ClimateLimits& limits) {
  if (choices_.calm()) return;
  if (limits.completion && choices_.chance({1, 2}, ChoiceKey(0, ChoiceSite::kCompletion))) mode_ = SimDriver::Mode::kCompletion;
  for (std::uint32_t kind = 0; kind < std::size(kFaults); ++kind) {
    const FaultSwitch& fault = kFaults[kind].control;
    if (!limits.mayBring(fault) || !choices_.chance({1, 2}, ChoiceKey(kind, ChoiceSite::kFaultKind))) continue;
    const std::uint64_t ratio =
        fault.isRatio() ? choices_.below(kFaultRatios.size(), ChoiceKey(kind, ChoiceSite::kFaultRatio)) : 0;
    fault.turnOn(network_.faults(), kFaultRatios[ratio]);
    if (fault == FaultSwitch(&Faults::windows)) network_.setWindowsOpen(true);
  }
}

/// Draws whether a host crashes after its turn. Only a host that can start again does.
void World::drawCrash(Host& host) {
  const auto key = [&](ChoiceSite site) { return ChoiceKey(host.number(), site); };
  if (stopped() || !host.up() || host.inside() || !host.startsAgain()) return;
  if (!choices_.chance(network_.faults().crash, key(ChoiceSite::kFaultCrash))) return;
  host.crash();
  host.restartIn(kDownTimes[choices_.below(kDownTimes.size(), key(ChoiceSite::kDownTime))]);
}

/// When the Play is over, the network and the hosts get no worse.
void World::endTroubles() {
  network_.faults().partition = network_.faults().crash = Ratio{0, 1};
  network_.openLinks();
}

std::string World::partyName(std::uint8_t party) const {
  for (std::size_t i = 0; i < hostCount_; ++i)
    if (hosts_[i]->number() == party) return hosts_[i]->name();
  return "the outside";
}

void World::describeLinks(std::vector<std::string>& lines) const {
  for (const Links::Rule& rule : network_.links().rules())
    if (rule.state != LinkState::kOpen)
      lines.push_back("link " + partyName(rule.from) + " -> " + partyName(rule.to) +
                      (rule.state == LinkState::kCut ? ": cut" : ": holds what is sent"));
}

}  // namespace teasel::fakes
