#include "file_rows.hpp"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <teasel/drivers/drivers.hpp>

#include "../harness/rows.hpp"
#include "../load/server_process.hpp"
#include "../raw/sockets.hpp"
#include "../servers/file_server.hpp"

namespace teasel::bench {
namespace {

/// Gets the file over and over, on one connection.
class Fetcher {
 public:
  explicit Fetcher(std::uint16_t port) : socket_(must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
    const sockaddr_in at = loopback(port);
    must(connect(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at), "connect");
  }
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;
  ~Fetcher() { close(socket_); }

  /// Gets it and compares every byte.
  void check() {
    ask();
    std::array<char, 65536> piece;
    for (std::size_t have = 0; have < kFileSize;) {
      const auto count = static_cast<std::size_t>(must(static_cast<int>(recv(socket_, piece.data(), piece.size(), 0)), "recv"));
      if (count == 0) throw std::runtime_error("the server closed the connection amid its file");
      for (std::size_t i = 0; i < count; ++i)
        if (piece[i] != fileByte(have + i)) throw std::runtime_error("the file has a wrong byte at " + std::to_string(have + i));
      have += count;
    }
  }
  /// Gets it and throws it away without looking at it, so that the client costs little.
  void take() {
    ask();
    for (std::size_t have = 0; have < kFileSize;) {
      const int count = must(static_cast<int>(recv(socket_, nullptr, std::size_t{1} << 20, MSG_TRUNC)), "recv");
      if (count == 0) throw std::runtime_error("the server closed the connection amid its file");
      have += static_cast<std::size_t>(count);
    }
  }

 private:
  void ask() const { must(static_cast<int>(send(socket_, "?", 1, MSG_NOSIGNAL)), "send"); }
  int socket_;
};

/// A server and its client.
struct Pair {
  explicit Pair(const Serve& serve) : server(serve), client(server.port()) { client.check(); }
  /// Microseconds of server CPU time per MiB.
  double cost(long files) {
    const double before = server.cpu();
    for (long i = 0; i < files; ++i) client.take();
    return (server.cpu() - before) / 1e3 / static_cast<double>(files) / (static_cast<double>(kFileSize) / (1 << 20));
  }
  ServerProcess server;
  Fetcher client;
};

Round file(const std::string& driver) {
  const auto ours = std::make_shared<Pair>([=](const Listening& listening) { serveFile(driver, ByWhom::kTransport, listening); });
  const auto theirs = std::make_shared<Pair>([=](const Listening& listening) { serveFile(driver, ByWhom::kReader, listening); });
  const long files = effort().scaled(50);
  ours->cost(files), theirs->cost(files);
  return [=] {
    const int slices = effort().smoke ? 1 : 8;
    double value = 0, against = 0;
    for (int i = 0; i < slices; ++i) {
      if (i % 2 == 0) value += ours->cost(files) / slices;
      against += theirs->cost(files) / slices;
      if (i % 2 == 1) value += ours->cost(files) / slices;
    }
    return Sample{value, against, value / against};
  };
}

}  // namespace

void addFileRows() {
  for (const std::string_view driver : driverNames()) {
    const std::string name(driver);
    addRow({"file/" + name, "us of server CPU per MiB of a file", [=] { return file(name); }});
  }
}

}  // namespace teasel::bench
