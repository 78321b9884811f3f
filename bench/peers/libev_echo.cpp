#include <ev.h>

#include <memory>

#include "../raw/readiness_echo.hpp"
#include "peers.hpp"

namespace teasel::bench {
namespace {

using Wants = ReadinessEcho::Wants;

ReadinessEcho& echo() {
  static ReadinessEcho shared;
  return shared;
}

void onReady(struct ev_loop* loop, ev_io* watcher, int events) {
  const int socket = watcher->fd;
  const bool writing = (events & EV_WRITE) != 0;
  const Wants wants = writing ? echo().writable(socket) : echo().readable(socket);
  if (wants == Wants::kClose) {
    ev_io_stop(loop, watcher);
    close(socket);
    delete watcher;
  } else if ((wants == Wants::kWrite) != writing) {
    ev_io_stop(loop, watcher);
    ev_io_set(watcher, socket, writing ? EV_READ : EV_WRITE);
    ev_io_start(loop, watcher);
  }
}

void onAccept(struct ev_loop* loop, ev_io* watcher, int) {
  echo().acceptAll(watcher->fd, [loop](int accepted) {
    auto stream = std::make_unique<ev_io>();
    ev_io_init(stream.get(), onReady, accepted, EV_READ);
    ev_io_start(loop, stream.release());  // onReady deletes it
  });
}

}  // namespace

void serveLibev(const Listening& listening) {
  const int listener = listenLoopback();
  struct ev_loop* loop = ev_loop_new(0);
  if (loop == nullptr) throw std::runtime_error("libev has no loop here");
  ev_io watcher;
  ev_io_init(&watcher, onAccept, listener, EV_READ);
  ev_io_start(loop, &watcher);
  listening(portOf(listener));
  ev_run(loop, 0);
  ev_loop_destroy(loop);
}

}  // namespace teasel::bench
