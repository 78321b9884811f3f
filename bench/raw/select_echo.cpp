#include <sys/select.h>

#include <algorithm>

#include "echo_loops.hpp"
#include "readiness_echo.hpp"

namespace teasel::bench {

void serveRawSelect(const Listening& listening) {
  using Wants = ReadinessEcho::Wants;
  const int listener = listenLoopback();
  fd_set reading, writing;
  FD_ZERO(&reading);
  FD_ZERO(&writing);
  FD_SET(listener, &reading);
  int highest = listener;
  listening(portOf(listener));
  ReadinessEcho echo;
  for (;;) {
    fd_set readable = reading, writable = writing;
    int ready = select(highest + 1, &readable, &writable, nullptr, nullptr);
    for (int socket = 0; socket <= highest && ready > 0; ++socket) {
      const bool canWrite = FD_ISSET(socket, &writable);
      if (!canWrite && !FD_ISSET(socket, &readable)) continue;
      --ready;
      if (socket == listener) {
        echo.acceptAll(listener, [&](int accepted) {
          if (accepted >= FD_SETSIZE) throw std::runtime_error("select cannot watch descriptor " + std::to_string(accepted));
          FD_SET(accepted, &reading);
          highest = std::max(highest, accepted);
        });
        continue;
      }
      const Wants wants = canWrite ? echo.writable(socket) : echo.readable(socket);
      FD_CLR(socket, &reading);
      FD_CLR(socket, &writing);
      if (wants == Wants::kClose) close(socket);
      else FD_SET(socket, wants == Wants::kWrite ? &writing : &reading);
    }
  }
}

}  // namespace teasel::bench
