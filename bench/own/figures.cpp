#include "figures.hpp"

#include <algorithm>
#include <chrono>

#include "../load/effort.hpp"
#include "../load/open_loop.hpp"
#include "../load/trace.hpp"
#include "conversation.hpp"

namespace teasel::bench {
namespace {

using Values = std::vector<double>;

/// A smoke run is content with so many.
constexpr int kFewConnections = 16;
constexpr long kFewExchanges = 50;
constexpr long kExchanges = 2000, kSessions = 300;

int scaledConnections(int connections) { return effort().smoke ? std::min(connections, kFewConnections) : connections; }

Measurement closedLoop(const std::string& shape, int connections) {
  return {shape, {{"cpu", "us of server CPU per exchange"}}, connections, [=](Subject& subject, const Benchmark& benchmark) {
            const int clients = scaledConnections(connections);
            Conversation client(subject.port(), clients, benchmark);
            client.open();
            client.exchanges(clients);
            const long count = effort().smoke ? kFewExchanges : std::max(kExchanges, 2L * connections);
            long made = 0;
            const double cpu = subject.cpuOf([&] { made = client.exchanges(count); });
            return Values{cpu / static_cast<double>(made)};
          }};
}

Measurement traced(const std::string& shape, int connections) {
  const auto measure = [=](Subject& subject, const Benchmark& benchmark) {
    const int clients = scaledConnections(connections);
    const long first = Conversation::takeNumbers(clients);
    const auto make = [&] {
      auto client = std::make_unique<Conversation>(subject.port(), clients, benchmark, first);
      client->open();
      return client;
    };
    const long warmUp = (effort().smoke ? 1L : 4L) * clients;
    const long count = effort().smoke ? kFewExchanges : std::max(kExchanges, warmUp);
    return Values{trace(subject, make, warmUp, count).callsPerExchange};
  };
  return {shape, {{"syscalls", "system calls of the server per exchange"}}, connections, measure, false};
}

Measurement latency(const std::string& shape, int connections, int rate) {
  const auto measure = [=](Subject& subject, const Benchmark& benchmark) {
    const int clients = scaledConnections(connections);
    Conversation client(subject.port(), clients, benchmark);
    client.open();
    client.exchanges(clients);
    subject.settle();
    constexpr double kSeconds = 0.5, kMoment = 0.02;
    const double seconds = effort().smoke ? std::max(kMoment, 2.0 / rate) : kSeconds;
    const Latencies all = openLoop(client, rate, seconds, WhenBusy::kWaits);
    if (all.overloaded) subject.note = "its server cannot keep up with " + std::to_string(rate) + "/s; see --rate";
    return Values{quantile(all.microseconds, 0.5), quantile(all.microseconds, 0.99)};
  };
  return {shape + '@' + std::to_string(rate),
          {{"p50", "us from due to answered, median"}, {"p99", "us from due to answered, 99 of 100"}},
          connections,
          measure};
}

/// Connect, the opening, an exchange, close: one after the other.
Measurement sessions(const std::string& name) {
  const auto measure = [](Subject& subject, const Benchmark& benchmark) {
    const long count = effort().smoke ? 2 : kSessions;
    Conversation client(subject.port(), 1, benchmark);
    client.open();
    client.exchanges(1);
    const auto begin = std::chrono::steady_clock::now();
    const double before = subject.cpu();
    for (long i = 0; i < count; ++i) {
      client.leaveAndConnect(0);
      client.open();
      client.exchanges(1);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    subject.settle();
    return Values{(subject.cpu() - before) / static_cast<double>(count), static_cast<double>(count) / took.count()};
  };
  return {name + "/one-by-one",
          {{"session-cpu", "us of server CPU per connection: its opening, an exchange, its end"},
           {"session-rate", "such connections per second, on one core", false}},
          1,
          measure};
}

}  // namespace

std::vector<Measurement> measurementsOf(const Registered& each, const std::vector<int>& connections, std::optional<int> rate) {
  std::vector<Measurement> all;
  for (const int many : connections) {
    const std::string shape = each.name + '/' + std::to_string(many);
    all.push_back(closedLoop(shape, many));
    all.push_back(traced(shape, many));
    all.push_back(latency(shape, many, rate.value_or(each.benchmark.rate())));
  }
  all.push_back(sessions(each.name));
  return all;
}

}  // namespace teasel::bench
