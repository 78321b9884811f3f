#include <uv.h>

#include <array>
#include <memory>
#include <string>

#include "../raw/sockets.hpp"
#include "peers.hpp"

namespace teasel::bench {
namespace {

// The fastest way to use libuv: all reads share one buffer, and the server tries to write before it
// makes a write request.

struct Write {
  uv_write_t request;
  std::string bytes;
};

void check(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(result));
}

void end(uv_handle_t* handle) {
  if (uv_is_closing(handle) == 0) uv_close(handle, [](uv_handle_t* closed) { delete reinterpret_cast<uv_tcp_t*>(closed); });
}

void onAlloc(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  static std::array<char, 65536> shared;
  *buffer = uv_buf_init(shared.data(), shared.size());
}

void onRead(uv_stream_t* stream, ssize_t got, const uv_buf_t* buffer) {
  if (got < 0) return end(reinterpret_cast<uv_handle_t*>(stream));
  uv_buf_t all = uv_buf_init(buffer->base, static_cast<unsigned>(got));
  const int tried = uv_try_write(stream, &all, 1);
  const std::size_t taken = tried < 0 ? 0 : static_cast<std::size_t>(tried);
  if (taken == static_cast<std::size_t>(got)) return;
  auto rest = std::make_unique<Write>();
  rest->bytes.assign(buffer->base + taken, static_cast<std::size_t>(got) - taken);
  rest->request.data = rest.get();
  uv_buf_t bytes = uv_buf_init(rest->bytes.data(), static_cast<unsigned>(rest->bytes.size()));
  const auto written = [](uv_write_t* request, int) { delete static_cast<Write*>(request->data); };
  // The callback `written` deletes the request.
  if (uv_write(&rest->request, stream, &bytes, 1, written) == 0) static_cast<void>(rest.release());
  else end(reinterpret_cast<uv_handle_t*>(stream));
}

void onAccept(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* stream = new uv_tcp_t;
  uv_tcp_init(listener->loop, stream);
  uv_tcp_nodelay(stream, 1);
  if (uv_accept(listener, reinterpret_cast<uv_stream_t*>(stream)) == 0)
    uv_read_start(reinterpret_cast<uv_stream_t*>(stream), onAlloc, onRead);
  else end(reinterpret_cast<uv_handle_t*>(stream));
}

}  // namespace

void serveLibuv(const Listening& listening) {
  uv_loop_t loop;
  check(uv_loop_init(&loop), "uv_loop_init");
  uv_tcp_t listener;
  check(uv_tcp_init(&loop, &listener), "uv_tcp_init");
  const int socket = listenLoopback();
  check(uv_tcp_open(&listener, socket), "uv_tcp_open");
  check(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 1024, onAccept), "uv_listen");
  listening(portOf(socket));
  uv_run(&loop, UV_RUN_DEFAULT);
}

}  // namespace teasel::bench
