#include <array>
#include <memory>

#include <asio.hpp>

#include "peers.hpp"

namespace teasel::bench {
namespace {

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
    socket_.set_option(asio::ip::tcp::no_delay(true));
  }
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
  asio::ip::tcp::socket socket_;
  std::array<char, 65536> data_;
};

void accept(asio::ip::tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](std::error_code error, asio::ip::tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket))->read();
    accept(acceptor);
  });
}

}  // namespace

void serveAsio(const Listening& listening) {
  asio::io_context context(1);
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  acceptor.listen(1024);
  listening(acceptor.local_endpoint().port());
  accept(acceptor);
  context.run();
}

}  // namespace teasel::bench
