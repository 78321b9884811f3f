#include <uv.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include "../raw/sockets.hpp"
#include "../servers/service.hpp"
#include "peers.hpp"

namespace teasel::bench {
namespace {

struct Stream final : ServedStream {
  explicit Stream(Service& of, bool tries) : service(of), tryFirst(tries) {}
  void write(const char* data, std::size_t size) override;
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle); }
  uv_handle_t* base() { return reinterpret_cast<uv_handle_t*>(&handle); }
  uv_tcp_t handle{};
  Service& service;
  bool tryFirst;
  int writing = 0;  // write requests under way
};

struct Write {
  uv_write_t request;
  std::string bytes;
};

void check(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(result));
}

Stream& streamOf(uv_stream_t* stream) { return *static_cast<Stream*>(stream->data); }

void end(Stream& stream) {
  if (uv_is_closing(stream.base()) != 0) return;
  stream.service.closed(stream);
  uv_close(stream.base(), [](uv_handle_t* closed) { delete static_cast<Stream*>(closed->data); });
}

void onWritten(uv_write_t* request, int status) {
  Stream& stream = streamOf(request->handle);
  delete static_cast<Write*>(request->data);
  if (--stream.writing > 0 || status < 0) return;
  while (stream.writing == 0 && stream.service.drained(stream)) {
  }
}

void Stream::write(const char* data, std::size_t size) {
  std::size_t taken = 0;
  if (tryFirst) {
    const uv_buf_t all = uv_buf_init(const_cast<char*>(data), static_cast<unsigned>(size));
    const int tried = uv_try_write(stream(), &all, 1);
    taken = tried < 0 ? 0 : static_cast<std::size_t>(tried);
    if (taken == size) return;
  }
  auto rest = std::make_unique<Write>();
  rest->bytes.assign(data + taken, size - taken);
  rest->request.data = rest.get();
  const uv_buf_t bytes = uv_buf_init(rest->bytes.data(), static_cast<unsigned>(rest->bytes.size()));
  // onWritten deletes the request. A stream whose write is refused is at its end; reading tells.
  if (uv_write(&rest->request, stream(), &bytes, 1, onWritten) != 0) return;
  static_cast<void>(rest.release());
  ++writing;
}

void onSharedAlloc(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  static std::array<char, 65536> shared;
  *buffer = uv_buf_init(shared.data(), shared.size());
}

void onRead(uv_stream_t* from, ssize_t got, const uv_buf_t* buffer) {
  Stream& stream = streamOf(from);
  if (got < 0) return end(stream);
  if (got == 0) return;
  stream.service.received(stream, buffer->base, static_cast<std::size_t>(got));
  while (stream.writing == 0 && stream.service.drained(stream)) {
  }
}

// The echo server of libuv's guide.
void onOwnAlloc(uv_handle_t*, std::size_t size, uv_buf_t* buffer) {
  *buffer = uv_buf_init(static_cast<char*>(std::malloc(size)), static_cast<unsigned>(size));
}

void onEcho(uv_stream_t* from, ssize_t got, const uv_buf_t* buffer) {
  if (got <= 0) {
    std::free(buffer->base);
    if (got < 0) end(streamOf(from));
    return;
  }
  auto* request = new uv_write_t;
  request->data = buffer->base;
  const uv_buf_t bytes = uv_buf_init(buffer->base, static_cast<unsigned>(got));
  const auto written = [](uv_write_t* over, int) {
    std::free(over->data);
    delete over;
  };
  if (uv_write(request, from, &bytes, 1, written) != 0) written(request, 0);
}

struct Server {
  uv_loop_t loop{};
  uv_tcp_t listener{};
  bool tryFirst;
  Service service;
  Server(Kind kind, bool tries)
      : tryFirst(tries),
        service(kind, [this](unsigned milliseconds, std::function<void()> call) { startTimer(milliseconds, std::move(call)); }) {}
  void startTimer(unsigned milliseconds, std::function<void()> call) {
    struct Timer {
      uv_timer_t timer{};
      std::function<void()> call;
    };
    auto* timer = new Timer{{}, std::move(call)};
    uv_timer_init(&loop, &timer->timer);
    timer->timer.data = timer;
    const auto onTime = [](uv_timer_t* fired) {
      static_cast<Timer*>(fired->data)->call();
      uv_close(reinterpret_cast<uv_handle_t*>(fired), [](uv_handle_t* closed) { delete static_cast<Timer*>(closed->data); });
    };
    uv_timer_start(&timer->timer, onTime, milliseconds, 0);
  }
};

void onAccept(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto& server = *static_cast<Server*>(listener->data);
  auto* stream = new Stream(server.service, server.tryFirst);  // end() deletes it
  uv_tcp_init(listener->loop, &stream->handle);
  stream->handle.data = stream;
  server.service.opened(*stream);
  uv_tcp_nodelay(&stream->handle, 1);
  if (uv_accept(listener, stream->stream()) != 0) return end(*stream);
  const bool guide = server.service.kind() == Kind::kEcho && !server.tryFirst;
  uv_read_start(stream->stream(), guide ? onOwnAlloc : onSharedAlloc, guide ? onEcho : onRead);
}

void serve(Kind kind, bool tryFirst, const Listening& listening) {
  std::signal(SIGPIPE, SIG_IGN);  // libuv writes without MSG_NOSIGNAL
  Server server(kind, tryFirst);
  check(uv_loop_init(&server.loop), "uv_loop_init");
  check(uv_tcp_init(&server.loop, &server.listener), "uv_tcp_init");
  server.listener.data = &server;
  const int socket = listenLoopback();
  check(uv_tcp_open(&server.listener, socket), "uv_tcp_open");
  check(uv_listen(reinterpret_cast<uv_stream_t*>(&server.listener), kBacklog, onAccept), "uv_listen");
  listening(portOf(socket));
  uv_run(&server.loop, UV_RUN_DEFAULT);
}

}  // namespace

void serveLibuv(Kind kind, const Listening& listening) { serve(kind, false, listening); }
void serveLibuvTry(Kind kind, const Listening& listening) { serve(kind, true, listening); }

}  // namespace teasel::bench
