#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/fakes/net/sim_driver.hpp>
#include <teasel/fakes/net/sim_threads.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::fakes {

/// A machine of a world: a name, an address, and a real Reactor on a SimDriver. World::host makes
/// it. It lives as long as the world; after World::reset its reactor is as new.
class Host {
 public:
  /// `pump` moves the world while a call in a thread of the host waits. Network and pump must
  /// outlive the host.
  Host(Network& network, WaitPump& pump, std::string_view name, SimDriver::Mode mode);

  Reactor& reactor() noexcept { return *reactor_; }
  SimDriver& driver() noexcept { return *driver_; }
  const SimDriver& driver() const noexcept { return *driver_; }
  const std::string& name() const noexcept { return name_; }
  /// The address 10.0.0.(number + 1), without a port.
  Address address() const noexcept { return Network::hostAddress(driver_->host()); }
  std::uint8_t number() const noexcept { return driver_->host(); }

  /// Whether a turn at this instant would do something. Never while code of the host takes time.
  /// `beside` a host whose code takes time, this one starts no call in a thread and does not shut
  /// down: both may wait for the busy host, which goes on only after this one.
  bool ready(bool beside = false) const noexcept {
    if (busy_ || (beside && reactor_->stopRequested())) return false;
    return driver_->ready() || reactor_->nextWork() <= driver_->network().now() || (!beside && driver_->threads()->ready());
  }
  /// When the host has something to do even if nothing arrives: now, at a timer, at the end of a
  /// call in a thread, or kNever. `beside` means what it means for ready.
  Instant nextWork(bool beside = false) const noexcept {
    if (busy_ || (beside && reactor_->stopRequested())) return kNever;
    return beside ? reactor_->nextWork() : std::min(reactor_->nextWork(), driver_->threads()->nextDue());
  }
  /// Whether code of the host takes time (World::takeTime): it gets no turn then.
  bool busy() const noexcept { return busy_; }
  void setBusy(bool busy) noexcept { busy_ = busy; }
  bool started() const noexcept { return started_; }
  /// Starts the reactor.
  void start() {
    started_ = true;
    reactor_->startRunning();
  }
  /// As new, under this name. Reuses the driver and the reactor; nothing may be left in them.
  void restart(std::string_view name, SimDriver::Mode mode);
  /// Ends the reactor as its destructor does, which tells its protocols so, and makes a new one.
  void remake(SimDriver::Mode mode);

 private:
  Network& network_;
  WaitPump& pump_;
  std::string name_;
  SimDriver* driver_ = nullptr;
  std::unique_ptr<Reactor> reactor_;
  bool started_ = false;
  bool busy_ = false;
};

}  // namespace teasel::fakes
