#include <teasel/bench/benchmark.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>

#include "../../own/registry.hpp"

namespace teasel::bench {
namespace {

detail::BenchmarkEntry*& lastEntry() noexcept {
  static detail::BenchmarkEntry* last = nullptr;
  return last;
}

/// Why a benchmark cannot be measured, or nothing.
const char* lackOf(const Benchmark& benchmark) {
  if (!benchmark.makeServer()) return "it has no server: benchmark.server([](teasel::Reactor&) { return ...; })";
  const Benchmark::Exchange* measured = benchmark.measured();
  if (measured == nullptr) return "it has no exchange: benchmark.exchange(request, reply)";
  if (measured->request.nothing()) return "the request of its exchange is empty: nothing would be asked";
  if (measured->reply.nothing()) return "the reply of its exchange is empty: nothing says when it is over";
  return nullptr;
}

Registered registered(const detail::BenchmarkEntry& entry) {
  Registered made{entry.name, entry.about, {}, entry.optimised};
  try {
    entry.fill(made.benchmark);
  } catch (const std::exception& error) {
    throw UsageError("benchmark " + made.name + ": " + error.what());
  }
  if (const char* lack = lackOf(made.benchmark)) throw UsageError("benchmark " + made.name + ": " + lack);
  return made;
}

}  // namespace

namespace detail {
BenchmarkEntry::BenchmarkEntry(const char* itsName, const char* itsAbout, void (*itsFill)(Benchmark&), bool wasOptimised) noexcept
    : name(itsName), about(itsAbout), fill(itsFill), optimised(wasOptimised), next(lastEntry()) {
  lastEntry() = this;
}
}  // namespace detail

void Benchmark::server(MakeServer make) {
  if (server_) throw UsageError("server() was called before");
  server_ = std::move(make);
}

void Benchmark::addGreeting(Exchange greeting) {
  if (greets_) throw UsageError("there is a greeting already");
  greets_ = true;
  opening_.insert(opening_.begin(), std::move(greeting));
}

void Benchmark::greeting(Said bytes) { addGreeting({"", std::move(bytes)}); }
void Benchmark::greetingUntil(Said end) { addGreeting({"", std::move(end), true}); }

void Benchmark::login(Said request, Said reply) { opening_.push_back({std::move(request), std::move(reply)}); }

void Benchmark::loginUntil(Said request, Said end) { opening_.push_back({std::move(request), std::move(end), true}); }

void Benchmark::exchange(Said request, Said reply) {
  if (exchange_) throw UsageError("exchange() was called before; a function of the Turn can say other bytes each time");
  exchange_.emplace(Exchange{std::move(request), std::move(reply)});
}

void Benchmark::rate(int exchangesPerSecond) {
  if (exchangesPerSecond < 1) throw UsageError("rate(" + std::to_string(exchangesPerSecond) + "): one at least");
  rate_ = exchangesPerSecond;
}

std::vector<Registered> registeredBenchmarks() {
  std::vector<Registered> all;
  for (const detail::BenchmarkEntry* entry = lastEntry(); entry != nullptr; entry = entry->next) {
    if (std::ranges::find(all, entry->name, &Registered::name) != all.end())
      throw UsageError(std::string("two benchmarks have the name ") + entry->name);
    all.insert(all.begin(), registered(*entry));
  }
  return all;
}

}  // namespace teasel::bench
