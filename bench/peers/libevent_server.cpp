#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include <array>
#include <csignal>
#include <memory>

#include "../raw/sockets.hpp"
#include "../servers/service.hpp"
#include "peers.hpp"

namespace teasel::bench {
namespace {

struct Stream final : ServedStream {
  Stream(Service& of, bufferevent* on) : service(of), events(on) {}
  void write(const char* data, std::size_t size) override { bufferevent_write(events, data, size); }
  Service& service;
  bufferevent* events;
};

void onEcho(bufferevent* stream, void*) { evbuffer_add_buffer(bufferevent_get_output(stream), bufferevent_get_input(stream)); }

void onRead(bufferevent* from, void* context) {
  static std::array<char, 65536> bytes;
  auto* stream = static_cast<Stream*>(context);
  for (std::size_t got = 0; (got = bufferevent_read(from, bytes.data(), bytes.size())) > 0;)
    stream->service.received(*stream, bytes.data(), got);
}

void onDrained(bufferevent*, void* context) {
  auto* stream = static_cast<Stream*>(context);
  stream->service.drained(*stream);
}

void onEvent(bufferevent* ended, short events, void* context) {
  if ((events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0) return;
  const std::unique_ptr<Stream> stream(static_cast<Stream*>(context));
  if (stream) stream->service.closed(*stream);
  bufferevent_free(ended);
}

void onAccept(evconnlistener* listener, evutil_socket_t socket, sockaddr*, int, void* context) {
  auto* service = static_cast<Service*>(context);
  noDelay(socket);
  bufferevent* stream = bufferevent_socket_new(evconnlistener_get_base(listener), socket, BEV_OPT_CLOSE_ON_FREE);
  if (stream == nullptr) {
    evutil_closesocket(socket);
    return;
  }
  if (service->kind() == Kind::kEcho) {
    bufferevent_setcb(stream, onEcho, nullptr, onEvent, nullptr);
  } else {
    auto served = std::make_unique<Stream>(*service, stream);
    service->opened(*served);
    bufferevent_setcb(stream, onRead, onDrained, onEvent, served.release());  // onEvent deletes it
  }
  bufferevent_enable(stream, EV_READ | EV_WRITE);
}

void startTimer(event_base* base, unsigned milliseconds, std::function<void()> call) {
  const timeval wait{0, static_cast<suseconds_t>(milliseconds) * 1000};
  auto own = std::make_unique<std::function<void()>>(std::move(call));
  const auto onTime = [](evutil_socket_t, short, void* context) {
    const std::unique_ptr<std::function<void()>> over(static_cast<std::function<void()>*>(context));
    (*over)();
  };
  event_base_once(base, -1, EV_TIMEOUT, onTime, own.release(), &wait);  // onTime deletes it
}

}  // namespace

void serveLibevent(Kind kind, const Listening& listening) {
  std::signal(SIGPIPE, SIG_IGN);  // libevent writes without MSG_NOSIGNAL
  event_base* base = event_base_new();
  if (base == nullptr) throw std::runtime_error("libevent has no event base here");
  Service service(kind,
                  [&](unsigned milliseconds, std::function<void()> call) { startTimer(base, milliseconds, std::move(call)); });
  const int socket = listenLoopback();
  evconnlistener* listener = evconnlistener_new(base, onAccept, &service, LEV_OPT_CLOSE_ON_FREE, 0, socket);
  if (listener == nullptr) throw std::runtime_error("libevent cannot listen here");
  listening(portOf(socket));
  event_base_dispatch(base);
  evconnlistener_free(listener);
  event_base_free(base);
}

}  // namespace teasel::bench
