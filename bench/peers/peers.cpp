#include "peers.hpp"

#include "live_timers.hpp"

namespace teasel::bench {

std::vector<Peer> peers() {
  std::vector<Peer> all;
#ifdef TEASEL_BENCH_ASIO
  all.push_back({"asio", serveAsio});
#endif
#ifdef TEASEL_BENCH_LIBEV
  all.push_back({"libev", serveLibev});
#endif
#ifdef TEASEL_BENCH_LIBEVENT
  all.push_back({"libevent", serveLibevent});
#endif
#ifdef TEASEL_BENCH_LIBUV
  all.push_back({"libuv", serveLibuv});
#endif
  return all;
}

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
