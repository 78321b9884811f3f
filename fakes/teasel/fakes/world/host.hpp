#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/unique_function.hpp>
#include <teasel/fakes/net/sim_driver.hpp>
#include <teasel/fakes/net/sim_threads.hpp>
#include <teasel/fakes/play/play.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::fakes {

class World;

/// A machine of a world: a name, an address, and a real Reactor on a SimDriver. World::host makes
/// it. It lives as long as the world; after World::reset its reactor is as new.
///
/// A host can crash and start again:
///
///     Host& server = world.host("server");
///     server.onStart([](Reactor& reactor) {
///       reactor.listenTCP(8000, std::make_shared<Counters>());
///     });
///     server.crash();    // the counters are gone, and their clients see resets
///     server.restart();  // listens again, with new counters
///
/// A crash is the death of everything that the start function made: of connections, ports,
/// connectors, timers, posted calls, triggers and calls in threads. None of its code is called any
/// more, connectionLost included. Its memory is freed, so destructors run. What the start function
/// has captured and what the scenario holds survives: it is the disk of the host. Deferreds and
/// failures that die in a crash are not reported.
///
/// Reactor, number and address of a host stay the same for its life. While it is down, it gets no
/// turns. Its reactor refuses to listen then, and drops what else it is asked for.
class Host {
 public:
  /// `pump` moves the world while a call in a thread of the host waits. World, network and pump
  /// must outlive the host.
  Host(World& world, Network& network, WaitPump& pump, std::string_view name, SimDriver::Mode mode);

  Reactor& reactor() noexcept { return *reactor_; }
  SimDriver& driver() noexcept { return *driver_; }
  const SimDriver& driver() const noexcept { return *driver_; }
  const std::string& name() const noexcept { return name_; }
  /// The address 10.0.0.(number + 1), without a port.
  Address address() const noexcept { return Network::hostAddress(driver_->host()); }
  /// The address fd00::a00:(number + 1), without a port. A port that listens on "::" is at both
  /// addresses, one on "0.0.0.0" at the other one only.
  Address address6() const noexcept { return Network::hostAddress6(driver_->host()); }
  std::uint8_t number() const noexcept { return driver_->host(); }

  /// Whether code of the host takes time (World::takeTime): it gets no turn then.
  bool busy() const noexcept { return busy_; }
  void setBusy(bool busy) noexcept { busy_ = busy; }

  // Files, as far as UNIX sockets meet them (UnixNames) -------------------------------------------
  /// Replaces what is there by a file that is no socket: listenUNIX refuses such a path.
  void putFile(std::string path) { network_.unixNames().placeFile(number(), Address::unixPath(std::move(path))); }
  /// Removes the file, as another process might. Returns false if there is none.
  bool removeFile(std::string path) { return network_.unixNames().removeFile(number(), Address::unixPath(std::move(path))); }
  /// Whether a file has this path: a socket, the leftover of a crash, or another one.
  bool hasFile(std::string path) const { return network_.unixNames().has(number(), Address::unixPath(std::move(path))); }

  // Crash and restart -----------------------------------------------------------------------------
  /// Calls `start` now, and again each time the host restarts, before its reactor runs. What it
  /// throws now reaches the caller; what it throws at a restart counts as an exception of user
  /// code. A later onStart replaces it. World::reset and World::finish drop it.
  void onStart(UniqueFunction<void(Reactor&)> start);
  /// The host crashes. CrashKind says what its peers see; without a kind it is drawn (ChoiceSite::
  /// kCrashKind, 0: resets). Returns false, and does nothing, while the host is down.
  ///
  /// It takes effect at once for everybody else. A callback of this host that makes the call runs
  /// to its end, but nothing that it still does has an effect, and what it wrote before and what
  /// was not handed to the driver is lost. No callback of this host follows. If a call in a thread
  /// of this host waits for its reactor, the crash comes when that call has ended.
  bool crash();
  bool crash(CrashKind kind);
  /// The host starts again: ports are free, the reactor knows the time, and the start function is
  /// called. While the world moves, that happens in the next step at this instant; else at once.
  /// Returns false, and does nothing, while the host is up and no crash of it waits for a thread.
  bool restart() { return restartIn(Duration::zero()); }
  /// The same after a while. A later call replaces the time.
  bool restartIn(Duration after);
  bool up() const noexcept { return up_; }
  /// How often it has crashed since World::reset.
  std::uint32_t crashes() const noexcept { return crashes_; }
  /// Whether it has a start function.
  bool startsAgain() const noexcept { return static_cast<bool>(start_); }

  // For World -------------------------------------------------------------------------------------
  /// Whether a turn at this instant would do something. Never while code of the host takes time.
  /// `beside` a host whose code takes time, this one starts no call in a thread and does not shut
  /// down: both may wait for the busy host, which goes on only after this one.
  bool ready(bool beside = false) const noexcept {
    if (!up_) [[unlikely]]
      return inside_ == 0 && restartAt_ <= driver_->network().now();
    if (busy_ || (beside && reactor_->stopRequested())) return false;
    return driver_->ready() || reactor_->nextWork() <= driver_->network().now() || (!beside && driver_->threads()->ready());
  }
  /// When the host has something to do even if nothing arrives: now, at a timer, at the end of a
  /// call in a thread, at its restart, or kNever. `beside` means what it means for ready.
  Instant nextWork(bool beside = false) const noexcept {
    if (!up_) [[unlikely]]
      return inside_ == 0 ? restartAt_ : kNever;
    if (busy_ || (beside && reactor_->stopRequested())) return kNever;
    return beside ? reactor_->nextWork() : std::min(reactor_->nextWork(), driver_->threads()->nextDue());
  }
  /// When its reactor has something to do, or kNever.
  Instant nextTimer() const noexcept { return up_ && !busy_ ? reactor_->nextWork() : kNever; }
  bool started() const noexcept { return started_; }
  /// Starts the reactor.
  void start() {
    const Inside inside(*this);
    started_ = true;
    reactor_->startRunning();
  }
  /// Performs the restart that is due.
  void comeUp();
  /// Whether code of this host is running, further down the stack.
  bool inside() const noexcept { return inside_ > 0; }
  /// Code of the host runs while it lives. What a crash left is destroyed when the last one ends.
  class Inside {
   public:
    explicit Inside(Host& host) noexcept : host_(host) { ++host.inside_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() {
      if (--host_.inside_ == 0 && (host_.unburied_ || host_.postponed_)) host_.outside();
    }

   private:
    Host& host_;
  };
  void forgetStart() noexcept { start_.reset(); }
  /// As new, under this name. Reuses the driver and the reactor; nothing may be left in them.
  void renew(std::string_view name, SimDriver::Mode mode);
  /// Ends the reactor as its destructor does, which tells its protocols so, and makes a new one.
  void remake(SimDriver::Mode mode);

 private:
  void goDown(CrashKind kind);
  void outside();
  void bury();

  World& world_;
  Network& network_;
  WaitPump& pump_;
  std::string name_;
  SimDriver* driver_ = nullptr;
  std::unique_ptr<Reactor> reactor_;
  UniqueFunction<void(Reactor&)> start_;
  std::vector<std::shared_ptr<void>> remains_;  // of a crash
  std::optional<CrashKind> postponed_;          // until no call of a thread waits
  Instant restartAt_ = kNever;
  int inside_ = 0;
  bool started_ = false;
  bool busy_ = false;
  bool up_ = true;
  bool unburied_ = false;  // the remains of a crash still exist
  std::uint32_t crashes_ = 0;
};

}  // namespace teasel::fakes
