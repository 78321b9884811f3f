#include <teasel/fakes/world/host.hpp>

#include <utility>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes {

namespace {

/// Stands before the world while the remains of a crash are destroyed: Deferreds end like others
/// that had a result, and nobody hears of their failures.
class Mute final : public Observer {
 public:
  explicit Mute(Observer& world) noexcept : world_(world) {}
  std::uint64_t chainMade(Site site) override { return world_.chainMade(site); }
  void chainDied(std::uint64_t id, Site made, bool, const Failure&) override { world_.chainDied(id, made, true, Failure()); }
  std::uint64_t protocolMade() override { return world_.protocolMade(); }
  void protocolDied(std::uint64_t id) override { world_.protocolDied(id); }

 private:
  Observer& world_;
};

}  // namespace

Host::Host(World& world, Network& network, WaitPump& pump, std::string_view name, SimDriver::Mode mode)
    : world_(world), network_(network), pump_(pump), name_(name) {
  remake(mode);
}

void Host::remake(SimDriver::Mode mode) {
  reactor_.reset();  // first: so the new driver gets the number of the old one
  auto driver = std::make_unique<SimDriver>(network_, mode);
  driver_ = driver.get();
  reactor_ = std::make_unique<Reactor>(std::move(driver));
  driver_->threads()->setPump(&pump_);
  network_.nameHost(number(), name_);
  started_ = false;
}

void Host::renew(std::string_view name, SimDriver::Mode mode) {
  if (name_ != name) name_ = name;
  network_.nameHost(number(), name_);
  driver_->setMode(mode);
  driver_->restart();
  driver_->setDown(false);  // the reactor is new already: World::reset sees to that
  start_.reset();
  postponed_.reset();
  restartAt_ = kNever;
  started_ = false;
  up_ = true;
  crashes_ = 0;
}

void Host::onStart(UniqueFunction<void(Reactor&)> start) {
  if (!start) throw UsageError("onStart of host " + name_ + ": an empty function");
  start_ = std::move(start);
  if (!up_) return;
  const Inside inside(*this);
  start_(*reactor_);
}

bool Host::crash() {
  if (!up_) return false;
  return crash(static_cast<CrashKind>(network_.choices().below(kCrashKinds, ChoiceKey(number(), ChoiceSite::kCrashKind))));
}

bool Host::crash(CrashKind kind) {
  if (!up_) return false;
  if (driver_->threads()->running()) postponed_ = kind;
  else goDown(kind);
  return true;
}

void Host::goDown(CrashKind kind) {
  network_.noteHost(TraceKind::kCrash, number(), static_cast<std::uint64_t>(kind));
  postponed_.reset();
  ++crashes_;
  up_ = started_ = false;
  unburied_ = true;
  driver_->crash(kind);
  reactor_->abandon(remains_);
  if (inside_ == 0) bury();
}

/// The last code of the host has ended.
void Host::outside() {
  if (postponed_ && !driver_->threads()->running()) goDown(*std::exchange(postponed_, std::nullopt));
  else if (unburied_) bury();
}

/// Destroys what a crash has left, and what the last callback has added to it.
void Host::bury() {
  Mute mute(world_);
  const Observer::Scope muted(&mute);
  const LogScope silent(nullptr);
  unburied_ = false;
  int rounds = 0;
  do {
    TEASEL_CHECK(rounds++ < Reactor::kClosingRounds);  // else destructors set timers without end
    reactor_->abandon(remains_);
    driver_->restart();
    std::exchange(remains_, {}).clear();
  } while (!reactor_->renew());
}

bool Host::restartIn(Duration after) {
  if (up_ && !postponed_) return false;
  if (after < Duration::zero()) throw NegativeDelay("restartIn(" + durationText(after) + ") of host " + name_);
  restartAt_ = after > kNever - network_.now() ? kNever : network_.now() + after;
  if (!up_ && after == Duration::zero() && inside_ == 0 && !world_.moving()) comeUp();
  return true;
}

void Host::comeUp() {
  const World::Active active(world_);
  restartAt_ = kNever;
  bury();  // what was asked of the reactor while the host was down
  up_ = true;
  driver_->setDown(false);
  network_.noteHost(TraceKind::kRestart, number());
  network_.hostUp(number());
  const Inside inside(*this);
  Failure failure;
  if (start_) guarded("the start function of a host", failure, [&] { start_(*reactor_); });
  if (up_) network_.forgetPorts(number());
}

}  // namespace teasel::fakes
