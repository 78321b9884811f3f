#include "side.hpp"

#include <utility>

#include <teasel/drivers/drivers.hpp>

namespace teasel::soak {
namespace {

/// Every so many ticks, about once a second, the watchdog looks at each end. Ticks and not seconds:
/// a slow machine gets more time.
constexpr std::uint64_t kScan = 200;
/// How many ticks a side may take to come to rest after its last connection.
constexpr std::uint64_t kRestTicks = 400;

}  // namespace

Address Shared::address(Route route) const {
  const std::scoped_lock lock(mutex_);
  return addresses_.at(static_cast<std::size_t>(route));
}

void Shared::publish(Route route, const Address& address) {
  const std::scoped_lock lock(mutex_);
  addresses_.at(static_cast<std::size_t>(route)) = address;
}

Side::Side(Shared& shared, Role role, std::string_view driver)
    : shared_(shared), home_{nullptr, &shared.ledger, &shared.findings, role, shared.fault, {}}, driver_(driver) {}

Side::~Side() = default;

void Side::run() {
  const LogScope log(this, LogLevel::kWarn);
  try {
    reactor_ = std::make_unique<Reactor>(makeDriver(driver_));
    home_.clock = reactor_.get();
    reactor_->callWhenRunning([this] {
      open();
      tick();
      told_.ready = true;
    });
    reactor_->run();
    reactor_.reset();
  } catch (const std::exception& error) {
    shared_.findings.add(Finding::kNoNumber, std::string("the ") + name(home_.role) + " broke off: " + error.what());
    told_.rested = kBrokenOff;
    told_.ready = true;
  }
  tell();
}

/// What Teasel logs as an error must be what was thrown on purpose.
void Side::onLog(const LogEvent& event) {
  if (event.level < LogLevel::kError) return;
  if (event.failure != nullptr && event.failure->check<Thrown>() != nullptr) return;
  shared_.findings.add(Finding::kNoNumber, std::string("the ") + name(home_.role) + " logged: " + std::string(event.message) +
                                               (event.failure != nullptr ? ": " + event.failure->text() : ""));
}

void Side::tick() {
  ++ticks_;
  const Stage stage = shared_.stage;
  if (stage == Stage::kStop) return reactor_->stop();
  work();
  if (ticks_ % kScan == 0) watch();
  if (stage == Stage::kRest) rest();
  else restless_ = 0;
  tell();
  reactor_->callLater(kTick, [this] { tick(); });
}

void Side::tell() {
  told_.ticks = ticks_;
  told_.made = home_.made;
  told_.bytes = home_.bytes;
  told_.resets = home_.resets;
  told_.halfCloses = home_.halfCloses;
  told_.aborts = home_.aborts;
  told_.living = home_.living.size();
}

/// Names each end that stands still, and ends it, so that the rest can go on.
void Side::watch() {
  for (End* end : home_.living) {
    if (std::exchange(end->seenProgress, end->progress()) != end->progress()) end->seenTimes = 0;
    else if (++end->seenTimes == shared_.standstill) {
      shared_.findings.add(end->number(), "it stands still: " + end->describe());
      end->giveUp();
    }
  }
}

/// Nothing may be left: no connection, no timer, nothing that a driver has not let go.
void Side::rest() {
  const std::uint64_t which = shared_.rests;
  if (told_.rested >= which) return;
  if (!home_.living.empty() || underWay() > 0) return;  // the watchdog sees to it that they end
  const std::vector<PendingCall> timers = reactor_->getDelayedCalls();
  const std::size_t overdue = reactor_->driver().overdueSlots(), open = reactor_->openResources();
  if (timers.empty() && overdue == 0 && open == resources()) {
    told_.rested = which;
    return;
  }
  if (++restless_ < kRestTicks) return;
  const std::string who = std::string("the ") + name(home_.role) + " at rest has ";
  if (!timers.empty())
    shared_.findings.add(Finding::kNoNumber,
                         who + std::to_string(timers.size()) + " timers; the first is of " + timers.front().site.text());
  if (overdue > 0)
    shared_.findings.add(Finding::kNoNumber, who + std::to_string(overdue) + " slots that their driver does not free");
  if (open != resources()) {
    std::string what = who + std::to_string(open) + " resources where " + std::to_string(resources()) + " belong:";
    for (const std::string& line : reactor_->describeOpen()) what += "\n    " + line;
    shared_.findings.add(Finding::kNoNumber, what);
  }
  told_.rested = which;
}

Address addressOf(std::uint64_t number) {
  return Address::ipv4(127, static_cast<std::uint8_t>(1 + number / (std::uint64_t{256} * 254) % 250),
                       static_cast<std::uint8_t>(number / 254 % 256), static_cast<std::uint8_t>(1 + number % 254), 0);
}

std::optional<std::uint64_t> numberOf(const Address& address) {
  const auto& bytes = address.bytes();
  if (address.family() != Address::Family::kIPv4 || bytes[0] != 127 || bytes[1] == 0) return std::nullopt;
  return (std::uint64_t{bytes[1]} - 1) * 256 * 254 + std::uint64_t{bytes[2]} * 254 + bytes[3] - 1;
}

}  // namespace teasel::soak
