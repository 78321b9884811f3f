#include <ev.h>

#include <memory>
#include <vector>

#include "../raw/readiness_server.hpp"
#include "peers.hpp"

namespace teasel::bench {
namespace {

/// The server and its watchers. libev waits; the hand-written ReadinessServer reads and writes.
struct State {
  struct ev_loop* loop;
  ReadinessServer server;
  std::vector<std::unique_ptr<ev_io>> watchers;  // the index is the descriptor

  State(struct ev_loop* on, Kind kind)
      : loop(on),
        server(
            kind, [this](int socket, bool writing) { watch(socket, writing); },
            [this](unsigned milliseconds, std::function<void()> call) { startTimer(milliseconds, std::move(call)); }) {}
  void watch(int socket, bool writing) {
    ev_io* watcher = watchers[static_cast<std::size_t>(socket)].get();
    ev_io_stop(loop, watcher);
    ev_io_set(watcher, socket, writing ? EV_WRITE : EV_READ);
    ev_io_start(loop, watcher);
  }
  void startTimer(unsigned milliseconds, std::function<void()> call) {
    struct Timer {
      ev_timer timer;
      std::function<void()> call;
    };
    auto timer = std::make_unique<Timer>(Timer{{}, std::move(call)});
    const auto onTime = [](struct ev_loop*, ev_timer* fired, int) {
      const std::unique_ptr<Timer> over(static_cast<Timer*>(fired->data));
      over->call();
    };
    ev_timer_init(&timer->timer, onTime, milliseconds / 1e3, 0.);
    timer->timer.data = timer.get();
    ev_timer_start(loop, &timer.release()->timer);  // onTime deletes it
  }
};

void onReady(struct ev_loop* loop, ev_io* watcher, int events) {
  auto* state = static_cast<State*>(watcher->data);
  const int socket = watcher->fd;
  if (state->server.ready(socket, (events & EV_WRITE) != 0)) return;
  ev_io_stop(loop, watcher);
  close(socket);
  state->watchers[static_cast<std::size_t>(socket)].reset();
}

void onAccept(struct ev_loop* loop, ev_io* watcher, int) {
  auto* state = static_cast<State*>(watcher->data);
  state->server.acceptAll(watcher->fd, [=](int accepted) {
    const auto at = static_cast<std::size_t>(accepted);
    if (state->watchers.size() <= at) state->watchers.resize(at + 1);
    auto stream = std::make_unique<ev_io>();
    ev_io_init(stream.get(), onReady, accepted, EV_READ);
    stream->data = state;
    ev_io_start(loop, stream.get());
    state->watchers[at] = std::move(stream);
  });
}

}  // namespace

void serveLibev(Kind kind, const Listening& listening) {
  const int listener = listenLoopback();
  struct ev_loop* loop = ev_loop_new(0);
  if (loop == nullptr) throw std::runtime_error("libev has no loop here");
  State state(loop, kind);
  ev_io watcher;
  ev_io_init(&watcher, onAccept, listener, EV_READ);
  watcher.data = &state;
  ev_io_start(loop, &watcher);
  listening(portOf(listener));
  ev_run(loop, 0);
  ev_loop_destroy(loop);
}

}  // namespace teasel::bench
