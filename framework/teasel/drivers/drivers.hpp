#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/reactor/driver.hpp>

namespace teasel {

/// The names of all drivers that this version of Teasel knows, in alphabetical order.
/// driverAvailable() says whether one can run here.
std::vector<std::string_view> driverNames();

/// Makes a driver by its name. "" is the default: epoll, or poll on a system without epoll. Throws
/// UsageError, which names the known drivers, for an unknown name. Throws DriverUnavailable, which
/// says why, when the driver cannot run here: the system does not have the mechanism, the build has
/// no liburing, io_uring is forbidden, or the kernel is too old.
///
/// "io_uring:" with a list of features behind it makes that driver with these features, see
/// UringOptions::forFeatures: "io_uring:none", "io_uring:-zero-copy",
/// "io_uring:bundles,poll-first". Throws DriverUnavailable, too, when the kernel lacks a feature
/// that the list names.
std::unique_ptr<Driver> makeDriver(std::string_view name = {});

/// Whether makeDriver(name) would work now. If not, sets `why` to one line with the reason. Never
/// throws.
bool driverAvailable(std::string_view name, std::string& why) noexcept;

}  // namespace teasel
