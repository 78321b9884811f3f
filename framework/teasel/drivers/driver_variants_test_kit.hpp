#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <teasel/drivers/drivers.hpp>
#include <teasel/drivers/uring_driver.hpp>

/// The drivers that tests run on: all, and io_uring once more without each of its features and
/// without all of them. Only poll-first is off by default, so it is tried alone.
namespace teasel::drivertest {

constexpr std::string_view kWithout = "io_uring:-";

inline std::vector<std::string> driverVariants() {
  std::vector<std::string> names;
  for (const std::string_view name : driverNames()) names.emplace_back(name);
  names.emplace_back("io_uring:none");
  names.emplace_back("io_uring:poll-first");
  for (const char* feature : {"incremental", "bundles", "zero-copy", "registered-wait"})
    names.push_back(std::string(kWithout) + feature);
  return names;
}

/// Whether tests can run on it. Not on a driver without a feature that this kernel does not have.
inline bool variantAvailable(std::string_view name, std::string& why) {
  if (!driverAvailable(name, why)) return false;
  if (!name.starts_with(kWithout)) return true;
  static_cast<void>(uringFeaturesHere(UringFeatures::fromText(name.substr(kWithout.size())), why));
  return why.empty();
}

/// The name as a test's name may be: letters, digits and "_".
inline std::string variantTestName(std::string_view name) {
  std::string out(name);
  if (name.starts_with(kWithout)) out = "io_uring_without_" + std::string(name.substr(kWithout.size()));
  for (char& c : out)
    if (c == ':' || c == '-') c = '_';
  return out;
}

}  // namespace teasel::drivertest
