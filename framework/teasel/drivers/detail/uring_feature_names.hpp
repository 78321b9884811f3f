#pragma once

#include <string_view>

#include <teasel/drivers/uring_driver.hpp>

namespace teasel::detail {

struct UringFeatureName {
  std::string_view name;
  bool UringFeatures::* member;
};

/// All features, in the order in which they are probed.
constexpr UringFeatureName kUringFeatureNames[] = {{"incremental", &UringFeatures::incremental},
                                                   {"bundles", &UringFeatures::bundles},
                                                   {"poll-first", &UringFeatures::pollFirst},
                                                   {"zero-copy", &UringFeatures::zeroCopy},
                                                   {"registered-wait", &UringFeatures::registeredWait}};

}  // namespace teasel::detail
