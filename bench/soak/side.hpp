#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "end.hpp"

namespace teasel::soak {

/// What the soak does now. The two sides follow it.
enum class Stage : std::uint8_t {
  kTalk,
  kRest,  ///< nothing new begins; what there is ends
  kStop,
};

/// What both sides and the program share. Each value has one writer.
struct Shared {
  Shared(std::uint64_t seed, std::optional<std::uint64_t> only, Fault planted) : ledger(seed, only, findings), fault(planted) {}

  Findings findings;
  Ledger ledger;
  const Fault fault;
  std::string folder;  ///< for UNIX sockets
  std::atomic<Stage> stage{Stage::kRest};
  std::atomic<std::uint64_t> rests{1};  ///< how often the stage has become kRest
  std::atomic<std::uint64_t> upTo{0};   ///< how many connections may begin
  std::uint64_t standstill = 40;        ///< see Options
  std::uint64_t atOnce = 64;            ///< how many there may be at once

  Address address(Route route) const;
  void publish(Route route, const Address& address);

 private:
  mutable std::mutex mutex_;
  std::array<Address, 4> addresses_;
};

/// What Told::rested says of a side that has ended by an exception.
inline constexpr std::uint64_t kBrokenOff = ~std::uint64_t{0};

/// What a side tells the program, any time.
struct Told {
  std::atomic<std::uint64_t> ticks{0}, made{0}, bytes{0}, resets{0}, halfCloses{0}, aborts{0}, living{0};
  std::atomic<bool> ready{false};
  std::atomic<std::uint64_t> rested{0};  ///< the last of Shared::rests in which nothing was left
};

/// One of the two reactors: it lives in the thread that calls run.
class Side : private LogObserver {
 public:
  Side(Shared& shared, Role role, std::string_view driver);
  ~Side() override;
  /// Runs until the stage is kStop.
  void run();
  const Told& told() const noexcept { return told_; }

 protected:
  /// Opens what stays open.
  virtual void open() = 0;
  /// Something of this kind's own, every kTick.
  virtual void work() = 0;
  /// What of this kind's own is still under way; 0 lets it rest.
  virtual std::size_t underWay() const = 0;
  /// What may be open at rest.
  virtual std::size_t resources() const = 0;

  static constexpr Duration kTick = std::chrono::milliseconds(5);

  Shared& shared_;
  Household home_;
  std::unique_ptr<Reactor> reactor_;
  std::shared_ptr<Protocol> forgotten_;  // of Fault::kLeakConnection

 private:
  void onLog(const LogEvent& event) override;
  void tick();
  void tell();
  void watch();
  void rest();

  const std::string driver_;
  Told told_;
  std::uint64_t ticks_ = 0, restless_ = 0;
};

/// Listens on the steady ports, and opens and closes the fleeting ones.
std::unique_ptr<Side> makeServer(Shared& shared, std::string_view driver);
/// Makes the connections.
std::unique_ptr<Side> makeClient(Shared& shared, std::string_view driver);

/// The address from which the client of this number connects, and the number back.
Address addressOf(std::uint64_t number);
std::optional<std::uint64_t> numberOf(const Address& address);
constexpr std::uint64_t kAddresses = 250ull * 256 * 254;

}  // namespace teasel::soak
