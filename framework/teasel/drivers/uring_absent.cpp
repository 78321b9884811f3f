#include <teasel/drivers/uring_driver.hpp>

#include <teasel/core/errors.hpp>

namespace teasel {

// This file is built instead of uring_driver.cpp where CMake found no liburing.
std::unique_ptr<Driver> makeUringDriver(const UringOptions&) {
  throw DriverUnavailable("io_uring: Teasel was built without liburing (install liburing-dev and configure again)");
}

}  // namespace teasel
