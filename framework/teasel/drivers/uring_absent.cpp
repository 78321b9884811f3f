#include <teasel/core/errors.hpp>
#include <teasel/drivers/uring_driver.hpp>

namespace teasel {

namespace {
constexpr const char* kAbsent = "io_uring: Teasel was built without liburing (install liburing-dev and configure again)";
}  // namespace

// This file is built instead of uring_driver.cpp where CMake found no liburing.
std::unique_ptr<Driver> makeUringDriver(const UringOptions&) { throw DriverUnavailable(kAbsent); }

UringFeatures uringFeaturesHere(const UringFeatures&, std::string& missing) {
  missing = kAbsent;
  return UringFeatures::none();
}

}  // namespace teasel
