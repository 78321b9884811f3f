#pragma once

#include <teasel/drivers/uring_driver.hpp>

namespace teasel::detail {

/// What a driver with these options uses: what it wants and this kernel has. Logs what is missing,
/// each feature once in a process. Throws DriverUnavailable when a required one is missing.
UringFeatures featuresToUse(const UringOptions& options);

}  // namespace teasel::detail
