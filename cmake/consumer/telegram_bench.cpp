#include <teasel/bench/benchmark.hpp>

#include "telegram.hpp"

namespace {

std::shared_ptr<teasel::Factory> server(teasel::Reactor&) { return teasel::Factory::forProtocol<Telegram>(); }

/// The high byte first.
std::string bytesOf(long number, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = size; at-- > 0; number >>= 8) bytes[at] = static_cast<char>(number & 0xff);
  return bytes;
}

}  // namespace

TEASEL_BENCHMARK(echo, "a telegram of 100 bytes, and its reply") {
  const std::string payload = bytesOf(100, 2) + std::string(100, 'x');
  benchmark.server(server);
  benchmark.exchange("p" + payload, "r" + payload);
}

TEASEL_BENCHMARK(sum, "a number to add, and the total") {
  benchmark.server(server);
  benchmark.login("a" + bytesOf(2, 2) + bytesOf(1000, 2), "");
  benchmark.exchange("a" + bytesOf(1, 2) + bytesOf(7, 1) + "t" + bytesOf(0, 2),
                     [](teasel::bench::Turn turn) { return "r" + bytesOf(8, 2) + bytesOf(1000 + 7 * (turn.round + 1), 8); });
}
