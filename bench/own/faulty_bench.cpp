// Servers with faults, each of which must end a benchmark with a message: benchmarks_test.py.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include <teasel/bench/benchmark.hpp>

using teasel::ByteView;
using teasel::bench::Benchmark;

namespace {

/// An echo that does something else from a number of received bytes on.
class Faulty : public teasel::Protocol {
 public:
  void dataReceived(ByteView data) override {
    received_ += data.size();
    if (received_ < kSound) return void(transport().write(data));
    fault(data);
  }

 protected:
  virtual void fault(ByteView data) = 0;

 private:
  static constexpr std::size_t kSound = 60;  // bytes of a connection
  std::size_t received_ = 0;
};

class Loser final : public Faulty {
  void fault(ByteView data) override { transport().write(data.sub(0, data.size() - 1)); }
};

class Changer final : public Faulty {
  void fault(ByteView data) override { transport().write(data.sub(0, 3).str() + "X" + data.sub(4).str()); }
};

class Chatterbox final : public Faulty {
  void fault(ByteView data) override { transport().write(data.str() + "and more"); }
};

class Leaver final : public Faulty {
  void fault(ByteView) override { transport().loseConnection(); }
};

class Dier final : public Faulty {
  void fault(ByteView) override {
    std::signal(SIGSEGV, SIG_DFL);  // no sanitizer reports it
    std::raise(SIGSEGV);
  }
};

class Sleeper final : public Faulty {
  void fault(ByteView) override {}
};

class Spinner final : public Faulty {
  void fault(ByteView) override {
    for (volatile bool forever = true; forever;) continue;
  }
};

/// Dies when its client has gone.
class Parter final : public teasel::Protocol {
  void dataReceived(ByteView data) override { transport().write(data); }
  void connectionLost(const teasel::Failure&) override {
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
  }
};

/// Speaks on standard output, and answers only the server's first connection rightly.
class Second final : public teasel::Protocol {
  void connectionMade() override {
    wrong_ = ++made > 1;
    std::puts("somebody is there");
    std::fflush(stdout);
  }
  void dataReceived(ByteView data) override { transport().write(wrong_ ? std::string(data.size(), 'X') : data.str()); }
  static inline int made = 0;
  bool wrong_ = false;
};

/// Answers after a while, and takes no request before its answer has gone. No fault: a strict one.
class Strict final : public teasel::Protocol {
 public:
  explicit Strict(std::reference_wrapper<teasel::Reactor> reactor) : reactor_(reactor) {}
  void dataReceived(ByteView data) override {
    if (busy_ || data.size() != kRequest) return void(transport().loseConnection());
    busy_ = true;
    later_ = reactor_.callLater(std::chrono::milliseconds(5), [this, answer = data.str()] {
      busy_ = false;
      transport().write(answer);
    });
  }

  void connectionLost(const teasel::Failure&) override {
    if (later_.active()) later_.cancel();
  }

 private:
  static constexpr std::size_t kRequest = 10;
  teasel::Reactor& reactor_;
  teasel::DelayedCall later_;
  bool busy_ = false;
};

template <class P>
void serveFaulty(Benchmark& benchmark) {
  benchmark.server([](teasel::Reactor&) { return teasel::Factory::forProtocol<P>(); });
  benchmark.exchange("0123456789", "0123456789");
}

template <class P>
std::shared_ptr<teasel::Factory> factoryOf(teasel::Reactor&) {
  return teasel::Factory::forProtocol<P>();
}

}  // namespace

TEASEL_BENCHMARK(loses, "a byte is lost") { serveFaulty<Loser>(benchmark); }
TEASEL_BENCHMARK(changes, "a byte is changed") { serveFaulty<Changer>(benchmark); }
TEASEL_BENCHMARK(chatters, "bytes that nothing asked for") { serveFaulty<Chatterbox>(benchmark); }
TEASEL_BENCHMARK(leaves, "the connection is closed") { serveFaulty<Leaver>(benchmark); }
TEASEL_BENCHMARK(dies, "the server dies") { serveFaulty<Dier>(benchmark); }
TEASEL_BENCHMARK(sleeps, "no answer") { serveFaulty<Sleeper>(benchmark); }
TEASEL_BENCHMARK(spins, "no answer, and no end of a callback") { serveFaulty<Spinner>(benchmark); }

TEASEL_BENCHMARK(parts, "the server dies when the last client has gone") { serveFaulty<Parter>(benchmark); }
TEASEL_BENCHMARK(second, "the second connection gets other bytes") { serveFaulty<Second>(benchmark); }
TEASEL_BENCHMARK(muddles, "the client's own function throws") {
  benchmark.server(factoryOf<Second>);
  benchmark.exchange(
      [](teasel::bench::Turn turn) {
        if (turn.round == 3) throw std::runtime_error("no more words");
        return std::to_string(turn.round);
      },
      [](teasel::bench::Turn turn) { return std::to_string(turn.round); });
}
TEASEL_BENCHMARK(strict, "one request after the other, 200 per second") {
  benchmark.server([](teasel::Reactor& reactor) { return teasel::Factory::forProtocol<Strict>(std::ref(reactor)); });
  benchmark.exchange("0123456789", "0123456789");
}
TEASEL_BENCHMARK(throws, "the server is not made") {
  benchmark.server([](teasel::Reactor&) -> std::shared_ptr<teasel::Factory> { throw std::runtime_error("no database"); });
  benchmark.exchange("a", "a");
}
TEASEL_BENCHMARK(hangs, "the server is never made") {
  benchmark.server([](teasel::Reactor&) -> std::shared_ptr<teasel::Factory> {
    std::this_thread::sleep_for(std::chrono::hours(1));
    return nullptr;
  });
  benchmark.exchange("a", "a");
}
TEASEL_BENCHMARK(exits, "the server ends before it listens") {
  benchmark.server([](teasel::Reactor&) -> std::shared_ptr<teasel::Factory> { std::_Exit(7); });
  benchmark.exchange("a", "a");
}
TEASEL_BENCHMARK(silent, "there is no greeting") {
  benchmark.server(factoryOf<Loser>);
  benchmark.greetingUntil("\r\n");
  benchmark.exchange("a", "a");
}
TEASEL_BENCHMARK(login, "another answer to a login") {
  benchmark.server(factoryOf<Loser>);
  benchmark.login("me", "me");
  benchmark.login("secret", "welcome");
  benchmark.exchange("a", "a");
}
