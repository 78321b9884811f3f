#include <teasel/fakes/world/world.hpp>

#include <algorithm>
#include <atomic>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/pass_through.hpp>
#include <teasel/fakes/world/leak_guard.hpp>

namespace teasel::fakes {

namespace {
/// Gives each run of a process its number, also where worlds lie inside one another. It never
/// reaches a trace.
std::uint64_t nextEpoch() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}
}  // namespace

World::Running::Running(World& world, const Limits& limits) : world_(world), active_(world), outer_(world.limits_) {
  if (world.busy_) throw UsageError("a world was moved from inside one of its own callbacks");
  world.busy_ = true;
  world.limits_ = &limits;
  world.network_.setVersion(world.play_.version());
  world.runStart_ = world.now();
  world.events_ = world.eventsHere_ = world.quietEvents_ = 0;
  world.startHosts();
}

World::Running::~Running() {
  world_.busy_ = false;
  world_.limits_ = outer_;
}

World::World(const WorldOptions& options) {
  network_.keepDeliveries();
  reset(options);
}

World::~World() {
  const teasel::detail::NoPassThrough last;
  const Active active(*this);
  const bool hadVerdict = stopped();
  // What a world leaves behind is reported after everything was told to end, and only when nothing
  // has failed before.
  std::vector<Leftover> leftovers;
  for (std::size_t i = 0; i < hostCount_; ++i) {
    Host& host = *hosts_[i];
    if (host.reactor().running()) shutDown(host);
    for (const PendingCall& timer : host.reactor().getDelayedCalls())
      leftovers.push_back({Leftover::Kind::kTimer, "timer made at " + timer.site.text(), timer.site});
  }
  hosts_.clear();
  if (hadVerdict || !leak_guard::listening()) return;
  if (verdict_) {  // of the last callbacks: nobody can ask for it any more
    leak_guard::report({Leftover::Kind::kFailure, verdict_->oracle + ": " + verdict_->message, verdict_->site});
    return;
  }
  for (const Leftover& each : leftovers) leak_guard::report(each);
  for (const Died& each : died_)
    if (each.unhandled) leak_guard::report({Leftover::Kind::kFailure, each.unhandled.text(), each.made});
}

Host& World::host(std::string_view name) {
  if (name == kOutside) throw UsageError("no host can be named \"outside\": that is where the remote peers are");
  for (std::size_t i = 0; i < hostCount_; ++i)
    if (hosts_[i]->name() == name) return *hosts_[i];
  if (hostCount_ == hosts_.size()) {
    WaitPump& self = *this;  // a private base
    hosts_.push_back(std::make_unique<Host>(*this, network_, self, name, mode_));
    return *hosts_[hostCount_++];
  }
  Host& host = *hosts_[hostCount_++];
  host.renew(name, mode_);
  return host;
}

RemotePeer& World::makePeer(unsigned k) {
  if (k >= peers_.size()) throw UsageError("peer(" + std::to_string(k) + "): a Play has connections 0 to 7");
  peers_[k] = std::make_unique<RemotePeer>(network_);
  return *peers_[k];
}

void World::reset(const WorldOptions& options) {
  if (busy_) throw UsageError("a world was reset from inside one of its own callbacks");
  {
    // What runs while things are thrown away concerns nobody.
    const Observer::Scope unobserved(nullptr);
    const LogScope silent(nullptr);
    network_.setHalted(false);
    for (std::size_t i = 0; i < hostCount_; ++i) hosts_[i]->forgetStart();
    for (std::size_t i = 0; i < hostCount_; ++i)
      if (!hosts_[i]->reactor().renew()) hosts_[i]->remake(options.mode);
    for (std::size_t k = 0; k < peersUsed_; ++k)
      if (peers_[k] != nullptr && peers_[k]->everConnected()) peers_[k]->restart();
  }
  if (&options != &options_) options_ = options;
  mode_ = options_.mode;
  hostCount_ = peersUsed_ = 0;
  network_.restart();
  network_.setGate(this);
  network_.setTimeKeeper(this);
  network_.setWindow(options_.window);
  network_.setWindowsOpen(false);
  network_.faults() = options_.faults;
  network_.chunkMemory().setMode(options_.chunks);
  trace_.clear();
  trace_.setMode(options_.trace);
  unaccepted_.clear();
  expecting_.clear();
  allowed_.clear();
  onApp_.reset();
  verdict_.reset();
  stuck_.reset();
  warning_.clear();
  chains_.clear();
  died_.clear();
  liveProtocols_ = 0;
  epoch_ = nextEpoch();
}

// The loop ----------------------------------------------------------------------------------------

void World::startHosts() {
  // By index: a startup trigger may ask for another host.
  for (std::size_t i = 0; i < hostCount_; ++i) {
    if (hosts_[i]->started() || !hosts_[i]->up()) continue;
    network_.noteHost(TraceKind::kHostStarted, hosts_[i]->number());
    const CodeOf code(*this, *hosts_[i]);
    hosts_[i]->start();
  }
}

/// Gives one reactor that has something to do at this instant one turn.
bool World::settleStep() {
  if (stopped()) return false;
  std::size_t ready = 0;
  Host* first = nullptr;
  for (std::size_t i = 0; i < hostCount_; ++i)
    if (hosts_[i]->ready(busyHosts_ > 0)) {
      if (ready++ == 0) first = hosts_[i].get();
    }
  if (ready == 0 || overLimit()) return false;
  if (ready > 1 && !choices_.calm()) {
    std::uint64_t chosen = choices_.below(ready, ChoiceKey(0, ChoiceSite::kHostOrder));
    for (std::size_t i = 0; i < hostCount_; ++i)
      if (hosts_[i]->ready(busyHosts_ > 0) && chosen-- == 0) {
        first = hosts_[i].get();
        break;
      }
  }
  turn(*first);
  return true;
}

void World::turn(Host& host) {
  if (!host.up()) [[unlikely]] {
    {
      const CodeOf code(*this, host);
      host.comeUp();
    }
    startHosts();
    return afterTurn();
  }
  {
    const CodeOf code(*this, host);
    const Host::Inside inside(host);
    SimThreadPool& threads = *host.driver().threads();
    if (threads.ready() && busyHosts_ == 0) threads.runOne();
    else host.reactor().turn(Duration::zero());
    // A shutdown waits for calls in threads, so a call that waits for the reactor right now must
    // end first.
    if (host.reactor().stopRequested() && !threads.running() && busyHosts_ == 0) shutDown(host);
  }
  if (network_.faults().crash.n != 0) [[unlikely]]
    drawCrash(host);
  afterTurn();
}

void World::afterTurn() {
  ++events_;
  ++eventsHere_;
  ++quietEvents_;
  if (network_.progress() != progressSeen_) {
    progressSeen_ = network_.progress();
    quietEvents_ = 0;
  }
  if (!died_.empty()) reportChains();
}

Instant World::nextDue() {
  Instant next = network_.nextDue();
  for (std::size_t i = 0; i < hostCount_; ++i) next = std::min(next, hosts_[i]->nextWork(busyHosts_ > 0));
  return next;
}

/// Moves the clock to the next thing that is due, if that is due by `until`. What happens there is
/// for settleAll.
bool World::advanceInstant(Instant until) {
  if (stopped()) return false;
  const Instant next = nextDue();
  if (next == kNever || next > until) return false;
  if (next - runStart_ > limits_->virtualTime) {
    getStuck("virtualTime", static_cast<std::uint64_t>(limits_->virtualTime.count()));
    return false;
  }
  if (!choices_.calm()) wakeForNothing();
  if (stopped()) return false;
  moveTo(next);
  return true;
}

/// A wait may return although nothing has happened: signals and the wake-ups of other threads do
/// that.
void World::wakeForNothing() {
  for (std::size_t i = 0; i < hostCount_; ++i)
    if (hosts_[i]->up() && !hosts_[i]->busy() &&
        choices_.chance(Ratio{1, 16}, ChoiceKey(hosts_[i]->number(), ChoiceSite::kWakeups)))
      turn(*hosts_[i]);
}

void World::moveTo(Instant to) {
  if (to > now()) {
    network_.setNow(to);
    eventsHere_ = 0;
  }
  if (network_.nextDue() > to) return;
  // Something arrives exactly when a timer is due: either may come first.
  if (!choices_.calm())
    for (std::size_t i = 0; i < hostCount_; ++i)
      if (hosts_[i]->nextTimer() <= to && choices_.below(2, ChoiceKey(hosts_[i]->number(), ChoiceSite::kTimerTie)) != 0)
        turn(*hosts_[i]);
  network_.deliverDue();
}

void World::advance(Duration by, Site site) {
  if (by < Duration::zero())
    throw NegativeDelay("advance(" + durationText(by) + ") at " + site.text() + ": a world's time does not go back");
  const Running running(*this, options_.limits);
  const Instant until = by > kNever - now() ? kNever : now() + by;
  settleAll();
  while (advanceInstant(until)) settleAll();
  if (!stopped() && until != kNever) network_.setNow(until);
}

bool World::advanceToNext() {
  const Running running(*this, options_.limits);
  settleAll();
  if (!advanceInstant(kNever)) return false;
  settleAll();
  return true;
}

bool World::step() {
  const Running running(*this, options_.limits);
  return settleStep();
}

void World::takeTime(Duration by, Site site) {
  if (by < Duration::zero())
    throw NegativeDelay("takeTime(" + durationText(by) + ") at " + site.text() + ": a world's time does not go back");
  network_.takeTime(running_ != nullptr ? running_->number() : kRemotePeer, by);
}

void World::passTime(std::uint8_t host, Instant until) {
  if (limits_ == nullptr) return network_.passUntil(until);  // nobody moves the world
  const auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& each) { return each->number() == host; });
  if (found == hosts_.end()) return network_.passUntil(until);
  struct Busy {
    std::size_t& count;
    Host& host;
    bool before;
    Busy(std::size_t& hosts, Host& h) noexcept : count(hosts), host(h), before(h.busy()) {
      ++count;
      host.setBusy(true);
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() {
      --count;
      host.setBusy(before);
    }
  } const busy(busyHosts_, **found);
  while (settleStep() || advanceInstant(until)) {
  }
  if (!stopped()) network_.passUntil(until);
}

bool World::reachLimit() {
  const Limits& limits = *limits_;
  if (events_ >= limits.events) getStuck("events", limits.events);
  else if (eventsHere_ >= limits.eventsAtOneInstant) getStuck("eventsAtOneInstant", limits.eventsAtOneInstant);
  else getStuck("eventsSinceProgress", limits.eventsSinceProgress);
  return true;
}

// Hosts that stop ---------------------------------------------------------------------------------

void World::shutDown(Host& host) {
  const CodeOf code(*this, host);
  const Host::Inside inside(host);
  struct NoProgress {};
  try {
    host.reactor().shutdown([&] {
      // A trigger waits for something: go on until it comes, or until nothing more can happen.
      if (host.driver().threads()->ready()) host.driver().threads()->runOne();
      else if (host.up() && host.ready()) host.reactor().turn(Duration::zero());
      else if (!pump()) throw NoProgress{};
    });
    if (host.up()) network_.noteHost(TraceKind::kHostStopped, host.number());
  } catch (const NoProgress&) {
    fail("stuck", "the shutdown of host " + host.name() + " waits for something that never comes", Site{});
  }
}

}  // namespace teasel::fakes
