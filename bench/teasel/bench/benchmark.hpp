#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/reactor/reactor.hpp>

/// Benchmarks of your own protocols on the real drivers. CMake's teasel_add_benchmark makes the
/// program; docs/benchmarks.md says what it measures.

namespace teasel::bench {

/// Where in a run bytes are wanted.
struct Turn {
  /// The number of the connection. No two connections to a server have the same.
  long connection;
  /// The number of the exchange on this connection, from 0 on. 0 in a greeting and in a login.
  long round;
};

/// Bytes that one side says: the same ones each time (a literal, a string, a ByteView; copied), or
/// what a function makes of the Turn. The function must always make the same of the same Turn. It
/// is called by the client while the server is measured, so it should be cheap.
class Said {
 public:
  template <class B>
    requires std::constructible_from<ByteView, B>
  Said(B&& bytes) : bytes_(ByteView(std::forward<B>(bytes)).str()) {}
  template <class F>
    requires std::is_invocable_r_v<std::string, F, Turn>
  Said(F make) : make_(std::move(make)) {}

  /// Adds the bytes of this turn to `out`.
  void addTo(std::string& out, Turn turn) const { out += make_ ? make_(turn) : bytes_; }
  /// Whether it is the same bytes each time, and none.
  bool nothing() const noexcept { return !make_ && bytes_.empty(); }

 private:
  std::string bytes_;
  std::function<std::string(Turn)> make_;
};

/// A server, and what the clients say to each of its connections. TEASEL_BENCHMARK's body fills it.
class Benchmark {
 public:
  /// Makes the factory of the server's connections. It is called once in each process that is a
  /// server. The reactor is the one that the server runs on; it outlives the factory's connections.
  using MakeServer = std::function<std::shared_ptr<Factory>(Reactor& reactor)>;
  /// A question and its answer.
  struct Exchange {
    Said request, reply;
    bool until = false;  ///< whether the reply is anything that ends in `reply`
  };

  /// Says what is measured. Must be called.
  void server(MakeServer make);
  /// What the server says first, before it is asked. Not called: nothing.
  void greeting(Said bytes);
  /// A greeting that is not always the same, as with a date in it: anything up to the first `end`.
  void greetingUntil(Said end);
  /// What a client says once per connection, after the greeting, and the reply that it waits for.
  /// Called again: a further step, after the reply of the one before. A reply may be empty; then
  /// the next step follows at once.
  void login(Said request, Said reply);
  /// A step whose reply is not always the same: anything up to the first `end`.
  void loginUntil(Said request, Said end);
  /// What is measured: a request and its whole reply, again and again. Must be called, once.
  /// Neither may be empty. Every byte of the reply is compared.
  void exchange(Said request, Said reply);
  /// How many exchanges per second are begun in all while latencies are measured. The default is
  /// 5000. --rate overrides it.
  void rate(int exchangesPerSecond);

  // What the program reads.
  const MakeServer& makeServer() const noexcept { return server_; }
  /// The greeting (as a reply to nothing), if there is one, and the logins, in order.
  const std::vector<Exchange>& opening() const noexcept { return opening_; }
  bool greets() const noexcept { return greets_; }
  /// What exchange() was given, or null.
  const Exchange* measured() const noexcept { return exchange_ ? &*exchange_ : nullptr; }
  int rate() const noexcept { return rate_; }

 private:
  void addGreeting(Exchange greeting);

  MakeServer server_;
  std::vector<Exchange> opening_;
  std::optional<Exchange> exchange_;
  int rate_ = 5000;
  bool greets_ = false;
};

/// All of a program's main, for one that has a main of its own: reads the arguments, measures,
/// prints. Returns the exit status. Other programs need none: the library brings it.
int benchmarkMain(int argc, char** argv);

namespace detail {
/// Links a static benchmark into the registry.
class BenchmarkEntry {
 public:
  BenchmarkEntry(const char* name, const char* about, void (*fill)(Benchmark&), bool optimised) noexcept;
  const char* name;
  const char* about;
  void (*fill)(Benchmark&);
  bool optimised;  ///< how its source was compiled
  BenchmarkEntry* next;
};
#ifdef __OPTIMIZE__
inline constexpr bool kOptimised = true;
#else
inline constexpr bool kOptimised = false;
#endif
}  // namespace detail

/// Defines and registers a benchmark. `name` is an identifier, `about` a sentence.
///
///     TEASEL_BENCHMARK(ping, "a line and its answer") {
///       benchmark.server([](teasel::Reactor&) { return teasel::Factory::forProtocol<Shout>(); });
///       benchmark.exchange("hello\r\n", "HELLO\r\n");
///     }
#define TEASEL_BENCHMARK(name, about)                                                                         \
  namespace {                                                                                                 \
  struct TeaselBenchmark_##name {                                                                             \
    static void fill(::teasel::bench::Benchmark& benchmark);                                                  \
    static ::teasel::bench::detail::BenchmarkEntry entry;                                                     \
  };                                                                                                          \
  }                                                                                                           \
  ::teasel::bench::detail::BenchmarkEntry TeaselBenchmark_##name::entry{#name, about, &fill,                  \
                                                                        ::teasel::bench::detail::kOptimised}; \
  void TeaselBenchmark_##name::fill([[maybe_unused]] ::teasel::bench::Benchmark& benchmark)

}  // namespace teasel::bench
