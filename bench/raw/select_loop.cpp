#include <sys/select.h>

#include <algorithm>

#include "loops.hpp"
#include "readiness_server.hpp"

namespace teasel::bench {

void serveRawSelect(Kind kind, const Listening& listening) {
  const int listener = listenLoopback();
  fd_set reading, writing;
  FD_ZERO(&reading);
  FD_ZERO(&writing);
  FD_SET(listener, &reading);
  int highest = listener;
  ReadinessServer server(kind, [&](int socket, bool writes) {
    FD_CLR(socket, writes ? &reading : &writing);
    FD_SET(socket, writes ? &writing : &reading);
  });
  listening(portOf(listener));
  for (;;) {
    fd_set readable = reading, writable = writing;
    int ready = select(highest + 1, &readable, &writable, nullptr, nullptr);
    for (int socket = 0; socket <= highest && ready > 0; ++socket) {
      const bool canWrite = FD_ISSET(socket, &writable);
      if (!canWrite && !FD_ISSET(socket, &readable)) continue;
      --ready;
      if (socket == listener) {
        server.acceptAll(listener, [&](int accepted) {
          if (accepted >= FD_SETSIZE) throw std::runtime_error("select cannot watch descriptor " + std::to_string(accepted));
          FD_SET(accepted, &reading);
          highest = std::max(highest, accepted);
        });
      } else if (!server.ready(socket, canWrite)) {
        FD_CLR(socket, &reading);
        FD_CLR(socket, &writing);
        close(socket);
      }
    }
  }
}

}  // namespace teasel::bench
