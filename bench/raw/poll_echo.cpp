#include <poll.h>

#include "echo_loops.hpp"
#include "readiness_echo.hpp"

namespace teasel::bench {

void serveRawPoll(const Listening& listening) {
  using Wants = ReadinessEcho::Wants;
  const int listener = listenLoopback();
  std::vector<pollfd> watched = {{listener, POLLIN, 0}};
  listening(portOf(listener));
  ReadinessEcho echo;
  for (;;) {
    int ready = poll(watched.data(), watched.size(), -1);
    // Runs backwards, because closing a connection moves the last entry into its place.
    for (std::size_t i = watched.size(); i-- > 1 && ready > 0;) {
      if (watched[i].revents == 0) continue;
      --ready;
      const bool writing = (watched[i].revents & POLLOUT) != 0;
      const Wants wants = writing ? echo.writable(watched[i].fd) : echo.readable(watched[i].fd);
      if (wants == Wants::kClose) {
        close(watched[i].fd);
        watched[i] = watched.back();
        watched.pop_back();
      } else {
        watched[i].events = wants == Wants::kWrite ? POLLOUT : POLLIN;
      }
    }
    if (watched[0].revents != 0) echo.acceptAll(listener, [&](int accepted) { watched.push_back({accepted, POLLIN, 0}); });
  }
}

}  // namespace teasel::bench
