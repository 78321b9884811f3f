#include "liar_server.hpp"

#include <poll.h>

#include <string>
#include <vector>

#include "../raw/sockets.hpp"

namespace teasel::bench {

void serveLiar(Kind kind, const Listening& listening) {
  if (kind != Kind::kEcho) throw std::runtime_error("the liar is an echo only");
  const int listener = listenLoopback();
  std::vector<pollfd> watched = {{listener, POLLIN, 0}};
  std::vector<char> buffer(65536);
  std::uint64_t seen = 0;
  listening(portOf(listener));
  for (;;) {
    poll(watched.data(), watched.size(), -1);
    for (std::size_t i = 1; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      const ssize_t got = recv(watched[i].fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        close(watched[i].fd);
        watched[i].fd = -1;  // poll passes over it
        continue;
      }
      std::string kept;
      for (ssize_t at = 0; at < got; ++at)
        if (++seen % 1000 != 0) kept += buffer[static_cast<std::size_t>(at)];
      static_cast<void>(send(watched[i].fd, kept.data(), kept.size(), MSG_NOSIGNAL));
    }
    if (watched[0].revents != 0)
      for (int socket = 0; (socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
        watched.push_back({socket, POLLIN, 0});
  }
}

}  // namespace teasel::bench
