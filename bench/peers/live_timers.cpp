#include "live_timers.hpp"

namespace teasel::bench {

std::vector<TimerPeer> timerPeers() {
  std::vector<TimerPeer> all;
#ifdef TEASEL_BENCH_ASIO
  all.push_back({"asio", asioTimers});
#endif
#ifdef TEASEL_BENCH_LIBUV
  all.push_back({"libuv", libuvTimers});
#endif
  return all;
}

}  // namespace teasel::bench
