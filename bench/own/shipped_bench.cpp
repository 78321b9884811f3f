// Benchmarks of protocols that Teasel ships: lines, netstrings, an IRC server with a login.

#include <examples/shout.hpp>
#include <teasel/bench/benchmark.hpp>
#include <teasel/protocols/irc/server.hpp>
#include <teasel/protocols/netstring_receiver.hpp>

using teasel::bench::Turn;

namespace {

class NetstringEcho final : public teasel::NetstringReceiver {
  void stringReceived(teasel::ByteView string) override { sendString(string); }
};

std::string netstring(const std::string& text) { return std::to_string(text.size()) + ':' + text + ','; }

/// 64 bytes, other ones in each round.
std::string textOf(Turn turn) {
  std::string text(64, 'a');
  for (char& c : text) c = static_cast<char>('a' + (turn.connection + turn.round++) % 26);
  return text;
}

std::shared_ptr<teasel::Factory> ircServer(teasel::Reactor& reactor) {
  teasel::irc::ServerOptions options;
  options.name = "irc.example.org";
  options.flood.interval = {};  // each client of a benchmark would be slowed down
  options.limits.connections = 100'000;
  return std::make_shared<teasel::irc::IRCFactory>(reactor, options);
}

}  // namespace

TEASEL_BENCHMARK(line, "a line, and the same in capitals") {
  benchmark.server([](teasel::Reactor&) { return teasel::Factory::forProtocol<teasel::examples::Shout>(); });
  benchmark.exchange("the quick brown fox jumps over the lazy dog\r\n", "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG\r\n");
}

TEASEL_BENCHMARK(netstring, "a netstring of 64 bytes, and its echo") {
  const auto each = [](Turn turn) { return netstring(textOf(turn)); };
  benchmark.server([](teasel::Reactor&) { return teasel::Factory::forProtocol<NetstringEcho>(); });
  benchmark.exchange(each, each);
}

TEASEL_BENCHMARK(irc, "PING and PONG of a user who is logged in") {
  benchmark.server(ircServer);
  benchmark.loginUntil(
      [](Turn turn) {
        const std::string nick = "n" + std::to_string(turn.connection);
        return "NICK " + nick + "\r\nUSER " + nick + " 0 * :somebody\r\n";
      },
      // The last line of the welcome; how many users there are, further up, differs.
      [](Turn turn) {
        return ":irc.example.org 422 n" + std::to_string(turn.connection) + " :There is no message of the day\r\n";
      });
  benchmark.exchange([](Turn turn) { return "PING " + std::to_string(turn.round) + "\r\n"; },
                     [](Turn turn) { return ":irc.example.org PONG irc.example.org :" + std::to_string(turn.round) + "\r\n"; });
}
