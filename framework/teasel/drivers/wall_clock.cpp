#include <teasel/drivers/wall_clock.hpp>

#include <chrono>

namespace teasel::posix {

std::int64_t wallClockMicroseconds() noexcept {
  using std::chrono::duration_cast;
  return duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace teasel::posix
