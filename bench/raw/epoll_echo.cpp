#include <sys/epoll.h>

#include <array>

#include "echo_loops.hpp"
#include "readiness_echo.hpp"

namespace teasel::bench {

namespace {

void serve(int listener, bool tcp, std::uint16_t number, const Listening& listening) {
  using Wants = ReadinessEcho::Wants;
  const int poller = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  const auto control = [&](int how, int socket, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = socket;
    must(epoll_ctl(poller, how, socket, &event), "epoll_ctl");
  };
  control(EPOLL_CTL_ADD, listener, EPOLLIN);
  listening(number);
  ReadinessEcho echo;
  std::array<epoll_event, 256> events;
  for (;;) {
    const int ready = epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      if (socket == listener) {
        echo.acceptAll(listener, [&](int accepted) { control(EPOLL_CTL_ADD, accepted, EPOLLIN); }, tcp);
        continue;
      }
      const bool writing = (events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0;
      const Wants wants = writing ? echo.writable(socket) : echo.readable(socket);
      if (wants == Wants::kClose) close(socket);
      else if ((wants == Wants::kWrite) != writing) control(EPOLL_CTL_MOD, socket, writing ? EPOLLIN : EPOLLOUT);
    }
  }
}

}  // namespace

void serveRawEpoll(const Listening& listening) {
  const int listener = listenLoopback();
  serve(listener, true, portOf(listener), listening);
}

void serveRawEpollUnix(const Listening& listening) { serve(listenUnix(), false, unixNumber(), listening); }

}  // namespace teasel::bench
