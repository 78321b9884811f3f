#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <teasel/core/instant.hpp>

#include "fault.hpp"
#include "ledger.hpp"

/// A soak: a server and many clients built on Teasel live through thousands of random connections
/// over loopback, on a real driver. Both ends check everything that they hear.
namespace teasel::soak {

struct Options {
  std::string driver;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> connections;  ///< how many in all, or
  Duration time{};                           ///< for how long new ones begin
  std::optional<std::uint64_t> only;         ///< all do what this one does
  std::uint64_t atOnce = 64;
  Duration every = std::chrono::seconds(10);  ///< between two lines about progress
  /// How many looks of the watchdog, one a second, without progress make a finding.
  std::uint64_t standstill = 40;
  Fault fault = Fault::kNone;
};

struct Result {
  std::uint64_t connections = 0, bytes = 0, resets = 0, halfCloses = 0, aborts = 0;
  Duration took{};
  std::vector<Finding> findings;
  std::size_t findingsInAll = 0;
};

/// How much more memory may be in use at rest at the end than at rest in the middle.
inline constexpr std::size_t kMemoryGrowth = std::size_t{1} << 20;

/// Runs a soak of one driver. Says on `out` how it goes. Throws DriverUnavailable and
/// std::system_error when it cannot begin.
Result run(const Options& options, std::ostream& out);

/// Lines that say what a finding is, where, and how to repeat it.
std::string text(const Options& options, const Finding& finding);
/// A line for a summary.
std::string summary(const Options& options, const Result& result);

}  // namespace teasel::soak
