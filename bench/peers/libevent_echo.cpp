#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "../raw/sockets.hpp"
#include "peers.hpp"

namespace teasel::bench {
namespace {

void onRead(bufferevent* stream, void*) { evbuffer_add_buffer(bufferevent_get_output(stream), bufferevent_get_input(stream)); }

void onEvent(bufferevent* stream, short events, void*) {
  if ((events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) bufferevent_free(stream);
}

void onAccept(evconnlistener* listener, evutil_socket_t socket, sockaddr*, int, void*) {
  noDelay(socket);
  bufferevent* stream = bufferevent_socket_new(evconnlistener_get_base(listener), socket, BEV_OPT_CLOSE_ON_FREE);
  if (stream == nullptr) {
    evutil_closesocket(socket);
    return;
  }
  bufferevent_setcb(stream, onRead, nullptr, onEvent, nullptr);
  bufferevent_enable(stream, EV_READ | EV_WRITE);
}

}  // namespace

void serveLibevent(const Listening& listening) {
  event_base* base = event_base_new();
  if (base == nullptr) throw std::runtime_error("libevent has no event base here");
  const int socket = listenLoopback();
  evconnlistener* listener = evconnlistener_new(base, onAccept, nullptr, LEV_OPT_CLOSE_ON_FREE, 0, socket);
  if (listener == nullptr) throw std::runtime_error("libevent cannot listen here");
  listening(portOf(socket));
  event_base_dispatch(base);
  evconnlistener_free(listener);
  event_base_free(base);
}

}  // namespace teasel::bench
