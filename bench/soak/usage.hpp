#pragma once

#include <cstddef>

namespace teasel::soak {

/// How many descriptors this process has open.
std::size_t openDescriptors();
/// How many bytes of the heap are in use.
std::size_t heapInUse();

}  // namespace teasel::soak
