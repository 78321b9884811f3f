#include <teasel/drivers/detail/posix/port_descriptors.hpp>

#include <mutex>
#include <set>

namespace teasel::posix {

namespace {

struct Owned {
  std::mutex mutex;
  std::set<int> descriptors;
};
Owned& owned() {
  static Owned& all = *new Owned;  // leaked on purpose: static reactors end late
  return all;
}

}  // namespace

bool ownForPort(int descriptor) {
  const std::lock_guard guard(owned().mutex);
  return owned().descriptors.insert(descriptor).second;
}

void disownForPort(int descriptor) noexcept {
  const std::lock_guard guard(owned().mutex);
  owned().descriptors.erase(descriptor);
}

}  // namespace teasel::posix
