#include <poll.h>

#include "loops.hpp"
#include "readiness_server.hpp"

namespace teasel::bench {

void serveRawPoll(Kind kind, const Listening& listening) {
  const int listener = listenLoopback();
  std::vector<pollfd> watched = {{listener, POLLIN, 0}};
  std::vector<std::size_t> places;  // in `watched`, by descriptor
  ReadinessServer server(kind, [&](int socket, bool writing) {
    watched[places[static_cast<std::size_t>(socket)]].events = writing ? POLLOUT : POLLIN;
  });
  const auto add = [&](int accepted) {
    const auto at = static_cast<std::size_t>(accepted);
    if (places.size() <= at) places.resize(at + 1);
    places[at] = watched.size();
    watched.push_back({accepted, POLLIN, 0});
  };
  listening(portOf(listener));
  for (;;) {
    int ready = poll(watched.data(), watched.size(), -1);
    // Runs backwards, because closing a connection moves the last entry into its place.
    for (std::size_t i = watched.size(); i-- > 1 && ready > 0;) {
      if (watched[i].revents == 0) continue;
      --ready;
      if (server.ready(watched[i].fd, (watched[i].revents & POLLOUT) != 0)) continue;
      close(watched[i].fd);
      watched[i] = watched.back();
      places[static_cast<std::size_t>(watched[i].fd)] = i;
      watched.pop_back();
    }
    if (watched[0].revents != 0) server.acceptAll(listener, add);
  }
}

}  // namespace teasel::bench
