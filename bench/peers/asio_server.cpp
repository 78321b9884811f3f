#include <array>
#include <memory>

#include "asio_stream.hpp"

namespace teasel::bench {
namespace {

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}
  void read() {
    socket_.async_read_some(asio::buffer(data_), [self = shared_from_this()](std::error_code error, std::size_t size) {
      if (!error) self->write(size);
    });
  }

 private:
  void write(std::size_t size) {
    asio::async_write(socket_, asio::buffer(data_, size), [self = shared_from_this()](std::error_code error, std::size_t) {
      if (!error) self->read();
    });
  }
  tcp::socket socket_;
  std::array<char, 65536> data_;
};

void read(const std::shared_ptr<AsioStream>& stream) {
  static std::array<char, 65536> data;
  // Waits for readability first, so that all connections can share one buffer.
  stream->socket().async_wait(tcp::socket::wait_read, [stream](std::error_code error) {
    if (error) return;
    const std::size_t size = stream->socket().read_some(asio::buffer(data), error);
    if (!error) stream->received(data.data(), size);
    if (!error || error == asio::error::would_block) read(stream);
  });
}

void accept(tcp::acceptor& acceptor, Service& service) {
  acceptor.async_accept([&](std::error_code error, tcp::socket socket) {
    if (!error) {
      // A connection that was reset already takes no option; reading tells its end.
      static_cast<void>(socket.set_option(tcp::no_delay(true), error));
      if (service.kind() == Kind::kEcho) {
        std::make_shared<Session>(std::move(socket))->read();
      } else {
        static_cast<void>(socket.non_blocking(true, error));
        read(std::make_shared<AsioStream>(std::move(socket), service));
      }
    }
    accept(acceptor, service);
  });
}

}  // namespace

void serveAsio(Kind kind, const Listening& listening) { serveOnAsio(kind, listening, accept); }

}  // namespace teasel::bench
