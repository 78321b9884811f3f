#pragma once

#include <memory>
#include <string>

#include <asio.hpp>

#include "../servers/service.hpp"
#include "peers.hpp"

/// What the two servers on asio share.

namespace teasel::bench {

using asio::ip::tcp;

/// A connection of the kinds that are no echo. What is written waits while a write is under way.
class AsioStream final : public ServedStream, public std::enable_shared_from_this<AsioStream> {
 public:
  AsioStream(tcp::socket socket, Service& of) : socket_(std::move(socket)), service_(of) { service_.opened(*this); }
  ~AsioStream() override { service_.closed(*this); }
  void write(const char* data, std::size_t size) override {
    waiting_.append(data, size);
    if (sending_.empty()) send();
  }
  tcp::socket& socket() { return socket_; }
  void received(const char* data, std::size_t size) { service_.received(*this, data, size); }

 private:
  void send() {
    sending_.swap(waiting_);
    asio::async_write(socket_, asio::buffer(sending_), [self = shared_from_this()](std::error_code error, std::size_t) {
      self->sending_.clear();
      if (error) return;
      if (!self->waiting_.empty()) self->send();
      else self->service_.drained(*self);
    });
  }

  tcp::socket socket_;
  Service& service_;
  std::string sending_, waiting_;
};

/// Listens, lets `accept(acceptor, service)` begin to accept, and runs.
template <class Accept>
void serveOnAsio(Kind kind, const Listening& listening, Accept accept) {
  asio::io_context context(1);
  Service service(kind, [&](unsigned milliseconds, std::function<void()> call) {
    auto timer = std::make_shared<asio::steady_timer>(context, std::chrono::milliseconds(milliseconds));
    timer->async_wait([timer, call = std::move(call)](std::error_code) { call(); });
  });
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  acceptor.listen(kBacklog);
  listening(acceptor.local_endpoint().port());
  accept(acceptor, service);
  context.run();
}

}  // namespace teasel::bench
