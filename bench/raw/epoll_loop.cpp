#include <sys/epoll.h>

#include <array>

#include "loops.hpp"
#include "readiness_server.hpp"

namespace teasel::bench {

namespace {

void serve(Kind kind, int listener, bool tcp, std::uint16_t number, const Listening& listening) {
  const int poller = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  const auto control = [&](int how, int socket, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = socket;
    must(epoll_ctl(poller, how, socket, &event), "epoll_ctl");
  };
  control(EPOLL_CTL_ADD, listener, EPOLLIN);
  ReadinessServer server(kind, [&](int socket, bool writing) { control(EPOLL_CTL_MOD, socket, writing ? EPOLLOUT : EPOLLIN); });
  listening(number);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int ready = epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == listener)
        server.acceptAll(listener, [&](int accepted) { control(EPOLL_CTL_ADD, accepted, EPOLLIN); }, tcp);
      else if (!server.ready(event.data.fd, (event.events & EPOLLOUT) != 0)) close(event.data.fd);
    }
  }
}

}  // namespace

void serveRawEpoll(Kind kind, const Listening& listening) {
  const int listener = listenLoopback();
  serve(kind, listener, true, portOf(listener), listening);
}

void serveRawEpollUnix(const Listening& listening) { serve(Kind::kEcho, listenUnix(), false, unixNumber(), listening); }

}  // namespace teasel::bench
