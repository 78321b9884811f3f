#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "plan.hpp"

namespace teasel::soak {

/// How an end of a connection was lost: the class of connectionLost's reason.
enum class Reason : std::uint8_t { kDone, kLost, kAborted, kThrown, kFailed, kOther };
/// What an end did to end the connection.
enum class Call : std::uint8_t { kNone, kLose, kFail, kAbort, kThrow };
const char* name(Reason reason) noexcept;

/// What became of one end, as it saw it.
struct Outcome {
  Reason reason = Reason::kDone;
  Call call = Call::kNone;
  /// It heard the peer's end of stream: readConnectionLost, or ConnectionDone without a call of its
  /// own.
  bool cleanEnd = false;
  std::uint64_t written = 0;   ///< what its transport accepted
  std::uint64_t received = 0;  ///< what it heard, byte for byte what the peer wrote
  std::string why;             ///< the words of the reason

  bool aborted() const noexcept { return call == Call::kAbort || call == Call::kThrow; }
};

/// Something that must not be.
struct Finding {
  static constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};
  std::uint64_t number;  ///< of the connection; kNoNumber if it belongs to none
  std::string what;
};

/// Collects findings from all threads.
class Findings {
 public:
  static constexpr std::size_t kKept = 20;

  void add(std::uint64_t number, std::string what);
  std::vector<Finding> all() const;
  std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  std::vector<Finding> kept_;
  std::atomic<std::size_t> count_{0};
};

/// Knows of each connection what its two ends saw, and compares them as soon as both have ended.
/// Any thread may call it.
class Ledger {
 public:
  /// `only`: every connection does what the one with this number does.
  Ledger(std::uint64_t seed, std::optional<std::uint64_t> only, Findings& findings)
      : seed_(seed), only_(only), findings_(findings) {}

  std::uint64_t seed() const noexcept { return seed_; }
  Plan plan(std::uint64_t number) const { return makePlan(seed_, only_.value_or(number)); }
  /// The number of the next connection; the client takes it.
  std::uint64_t begin() noexcept { return next_.fetch_add(1); }
  /// Whether there is or was such a connection.
  bool begun(std::uint64_t number) const noexcept { return number < next_.load(); }
  std::uint64_t begunInAll() const noexcept { return next_.load(); }
  void ended(std::uint64_t number, Role role, Outcome outcome);
  /// The client could not connect.
  void failed(std::uint64_t number, bool cancelled, const std::string& why);
  /// Nothing is under way any more: judges those of which only one end has said something.
  void atRest();

 private:
  struct Entry {
    std::optional<Outcome> client, server;
  };
  void judgeAlone(std::uint64_t number, const Entry& entry);

  const std::uint64_t seed_;
  const std::optional<std::uint64_t> only_;
  Findings& findings_;
  std::atomic<std::uint64_t> next_{0};
  std::mutex mutex_;
  std::map<std::uint64_t, Entry> entries_;
};

/// What is wrong with the two ends of a connection, a line each; empty if all is well.
std::vector<std::string> compare(const Plan& plan, const Outcome& client, const Outcome& server);

}  // namespace teasel::soak
