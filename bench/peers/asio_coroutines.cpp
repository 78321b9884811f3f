#include <array>
#include <memory>
#include <stdexcept>

#include "asio_stream.hpp"

#ifdef ASIO_HAS_CO_AWAIT

namespace teasel::bench {
namespace {

/// Puts the error of an operation into a variable, so that nothing is thrown.
auto into(std::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

asio::awaitable<void> echo(tcp::socket socket) {
  std::array<char, 65536> data;
  std::error_code error;
  for (;;) {
    const std::size_t size = co_await socket.async_read_some(asio::buffer(data), into(error));
    if (error) co_return;
    co_await asio::async_write(socket, asio::buffer(data, size), into(error));
    if (error) co_return;
  }
}

asio::awaitable<void> serveStream(std::shared_ptr<AsioStream> stream) {
  std::array<char, 65536> data;
  std::error_code error;
  for (;;) {
    const std::size_t size = co_await stream->socket().async_read_some(asio::buffer(data), into(error));
    if (error) co_return;
    stream->received(data.data(), size);
  }
}

asio::awaitable<void> acceptAll(tcp::acceptor* acceptor, Service* service) {
  for (;;) {
    std::error_code error;
    tcp::socket socket = co_await acceptor->async_accept(into(error));
    if (error) continue;
    static_cast<void>(socket.set_option(tcp::no_delay(true), error));
    const auto executor = acceptor->get_executor();
    if (service->kind() == Kind::kEcho) asio::co_spawn(executor, echo(std::move(socket)), asio::detached);
    else asio::co_spawn(executor, serveStream(std::make_shared<AsioStream>(std::move(socket), *service)), asio::detached);
  }
}

}  // namespace

void serveAsioCoroutines(Kind kind, const Listening& listening) {
  serveOnAsio(kind, listening, [](tcp::acceptor& acceptor, Service& service) {
    asio::co_spawn(acceptor.get_executor(), acceptAll(&acceptor, &service), asio::detached);
  });
}

}  // namespace teasel::bench

#else

namespace teasel::bench {

void serveAsioCoroutines(Kind, const Listening&) {
  throw std::runtime_error("this version of asio has no coroutines with this compiler");
}

}  // namespace teasel::bench

#endif
