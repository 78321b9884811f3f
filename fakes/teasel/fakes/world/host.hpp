#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/fakes/net/sim_driver.hpp>
#include <teasel/fakes/net/sim_threads.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::fakes {

/// A machine of a world: a name, an address and a real Reactor on a SimDriver. Made by World::host,
/// lives as long as the world; its reactor is as new after World::reset.
class Host {
 public:
  /// `pump` moves the world on while a call in one of the host's threads waits.
  Host(Network& network, WaitPump& pump, std::string_view name, SimDriver::Mode mode);

  Reactor& reactor() noexcept { return *reactor_; }
  SimDriver& driver() noexcept { return *driver_; }
  const SimDriver& driver() const noexcept { return *driver_; }
  const std::string& name() const noexcept { return name_; }
  /// 10.0.0.(number + 1), without port.
  Address address() const noexcept { return Network::hostAddress(driver_->host()); }
  std::uint8_t number() const noexcept { return driver_->host(); }

  /// Whether a turn at this instant would do something.
  bool ready() const noexcept {
    return driver_->ready() || reactor_->nextWork() <= driver_->network().now() || driver_->threads()->ready();
  }
  /// When it has something to do again without anything from outside: now, a timer, a call in a
  /// thread, or kNever.
  Instant nextWork() const noexcept { return std::min(reactor_->nextWork(), driver_->threads()->nextDue()); }
  bool started() const noexcept { return started_; }
  void start() {
    started_ = true;
    reactor_->startRunning();
  }
  /// As new, under this name; reuses reactor and driver if nothing was left in them.
  void restart(std::string_view name, SimDriver::Mode mode);
  /// Ends the reactor as its destructor does, with what users are told; then makes a new one.
  void remake(SimDriver::Mode mode);

 private:
  Network& network_;
  WaitPump& pump_;
  std::string name_;
  SimDriver* driver_ = nullptr;
  std::unique_ptr<Reactor> reactor_;
  bool started_ = false;
};

}  // namespace teasel::fakes
