#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/reactor/driver.hpp>

namespace teasel {

/// The drivers that this version of Teasel has, best known first; whether one runs here is another
/// question.
std::vector<std::string_view> driverNames();

/// A driver by name; "" is the default, epoll. Throws UsageError, naming the known ones, for a name
/// that is none of them, and DriverUnavailable where the driver cannot run (built without liburing,
/// io_uring forbidden, old kernel).
std::unique_ptr<Driver> makeDriver(std::string_view name = {});

/// Whether makeDriver(name) would work now; else `why` says in one line why not. Never throws.
bool driverAvailable(std::string_view name, std::string& why) noexcept;

}  // namespace teasel
