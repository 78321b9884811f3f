#include <algorithm>

#include <teasel/fakes/world/world.hpp>

// What a world finds wrong by itself: exceptions, unhandled failures, standstill, and what is left
// over at the end.

namespace teasel::fakes {

namespace {

/// An aspect as the names of faults have it: no blanks, no commas, not too long.
std::string oneWord(std::string_view aspect) {
  constexpr std::size_t kMost = 100;
  std::string word(aspect.substr(0, kMost));
  for (char& c : word)
    if (static_cast<unsigned char>(c) <= ' ' || c == ',' || c == 0x7f) c = '-';
  return word;
}

}  // namespace

void World::record(std::string_view oracle, std::string message, const std::optional<Excess>& excess, Site site,
                   std::string_view aspect) {
  if (verdict_) return;
  network_.noteHost(TraceKind::kVerdict, kRemotePeer, detail::hashBytes(oracle));
  verdict_ =
      Verdict{std::string(oracle), std::move(message), site, network_.elapsed(), trace_.eventCount(), excess, oneWord(aspect)};
  network_.setHalted(true);
}

std::vector<std::string> World::hostNames() const {
  std::vector<std::string> names;
  names.reserve(hostCount_);
  for (std::size_t i = 0; i < hostCount_; ++i) names.push_back(hosts_[i]->name());
  return names;
}

std::vector<std::string> World::waiting() {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < hostCount_; ++i) {
    std::vector<std::string> open = hosts_[i]->reactor().describeOpen();
    hosts_[i]->driver().describe(open);
    for (const std::string& line : open) lines.push_back(hosts_[i]->name() + ": " + line);
    if (!hosts_[i]->up()) lines.push_back(hosts_[i]->name() + ": is down");
  }
  describeLinks(lines);
  for (std::size_t k = 0; k < peers_.size(); ++k)
    if (peers_[k] != nullptr && peers_[k]->open() && peers_[k]->unread() > 0)
      lines.push_back("peer " + std::to_string(k) + ": does not read; " + std::to_string(peers_[k]->unread()) +
                      " bytes wait for it");
  return lines;
}

void World::getStuck(const char* limit, std::uint64_t allowed) {
  StuckReport report{.limit = limit, .allowed = allowed, .at = now() - runStart_, .events = events_, .waiting = waiting()};
  if (const Instant due = nextDue(); due != kNever) {
    report.nextDue = due - runStart_;
    for (std::size_t i = 0; i < hostCount_; ++i)
      for (const PendingCall& timer : hosts_[i]->reactor().getDelayedCalls())
        if (timer.at == due) report.next = "timer";
  }
  stuck_ = std::move(report);
  fail("stuck", stuck_->text(), Site{});
}

void World::userException(const char* where, const Failure& failure) {
  network_.noteHost(TraceKind::kException, kRemotePeer);
  if (std::any_of(allowed_.begin(), allowed_.end(), [&](auto allows) { return allows(failure); })) return;
  fail("exception", "exception out of " + std::string(where) + ": " + failure.text(), failure.where());
}

// Deferreds. The id of a chain holds the number of its run, so that a chain of an earlier run
// cannot be taken for a new one.

std::uint64_t World::chainMade(Site site) {
  chains_.push_back({site, true});
  return epoch_ << 32 | chains_.size();
}

void World::chainDied(std::uint64_t id, Site made, bool fired, const Failure& unhandled) {
  if (id >> 32 != (epoch_ & 0xFFFF'FFFF)) return;
  const std::uint64_t number = id & 0xFFFF'FFFF;
  if (number == 0 || number > chains_.size()) return;
  chains_[number - 1].alive = false;
  if (!fired || unhandled) died_.push_back({number, made, unhandled, fired});
}

std::uint64_t World::protocolMade() {
  ++liveProtocols_;
  return epoch_;
}

void World::protocolDied(std::uint64_t id) {
  if (id == epoch_ && liveProtocols_ > 0) --liveProtocols_;
}

/// Reports the chains that died in one turn. Destructors run in another order on other compilers,
/// so the chains are put in order first.
void World::reportChains() {
  std::sort(died_.begin(), died_.end(), [](const Died& a, const Died& b) { return a.id < b.id; });
  for (const Died& each : died_) {
    network_.noteHost(each.unhandled ? TraceKind::kChainFailed : TraceKind::kChainUnfired, kRemotePeer, each.id);
    if (each.unhandled)
      fail("unhandled-failure",
           "nobody handled the failure of a Deferred made at " + each.made.text() + ": " + each.unhandled.text(), each.made);
    else fail("unfired-deferred", "a Deferred made at " + each.made.text() + " died without a result", each.made);
  }
  died_.clear();
}

bool World::finish() {
  onApp_.reset();  // what it captured ends here as well
  for (std::size_t i = 0; i < hostCount_; ++i) hosts_[i]->forgetStart();
  if (!died_.empty()) reportChains();
  for (const Chain& each : chains_)
    if (each.alive) {
      fail("unfired-deferred", "a Deferred made at " + each.made.text() + " is still alive when all has ended", each.made);
      break;
    }
  // A host that was not shut down keeps its connections, and they keep their protocols.
  std::size_t open = 0;
  for (std::size_t i = 0; i < hostCount_; ++i) open += hosts_[i]->reactor().openResources();
  if (liveProtocols_ > 0 && open == 0)
    fail("live-protocol",
         std::to_string(liveProtocols_) +
             " protocol(s) still alive when all has ended: who keeps them, perhaps a factory that they keep?",
         Site{});
  return !stopped();
}

void World::checkConnections() {
  if (network_.openStreams() == 0) return;  // nearly always: no host needs to be asked
  for (std::size_t i = 0; i < hostCount_; ++i) {
    std::vector<std::string> lines;
    hosts_[i]->driver().describeRemote(lines);
    if (lines.empty()) continue;
    std::string text = "the remote peers have ended every connection, but host " + hosts_[i]->name() + " still holds:";
    for (const std::string& line : lines) text += "\n  " + line;
    fail("open-connection", std::move(text), Site{});
    return;
  }
}

void World::checkTimers() {
  for (std::size_t i = 0; i < hostCount_; ++i) {
    std::vector<PendingCall> timers = hosts_[i]->reactor().getDelayedCalls();
    if (timers.empty()) continue;
    const auto first = std::min_element(timers.begin(), timers.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    fail("pending-timer",
         std::to_string(timers.size()) + " timer(s) still pending on host " + hosts_[i]->name() +
             " after its shutdown; the earliest was made at " + first->site.text(),
         first->site);
    return;
  }
}

}  // namespace teasel::fakes
