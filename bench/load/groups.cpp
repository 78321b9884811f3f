#include "groups.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "../echo/ping_client.hpp"
#include "client.hpp"
#include "effort.hpp"
#include "open_loop.hpp"
#include "trace.hpp"

namespace teasel::bench {
namespace {

using Values = std::vector<double>;

std::string shapeOf(int connections, std::size_t bytes) { return std::to_string(connections) + 'x' + std::to_string(bytes); }

/// A smoke run is content with 200 of them. Other rows have a thousand even then.
int scaledConnections(int connections) { return effort().smoke ? std::min(connections, 200) : connections; }

/// Closed loop: how much server CPU a round trip costs.
Group roundTrips(int connections, std::size_t bytes) {
  return {
      shapeOf(connections, bytes), {{"cpu", "us of server CPU per round trip"}}, Kind::kEcho, connections, [=](Subject& subject) {
        LoadClient client(subject.port(), scaledConnections(connections));
        client.roundTrips(bytes, connections);
        const long count = effort().smoke ? 1 : std::max(2000L, 2L * connections);
        long made = 0;
        const double cpu = subject.cpuOf([&] { made = client.roundTrips(bytes, count); });
        return Values{cpu / static_cast<double>(made)};
      }};
}

Group traced(int connections, std::size_t bytes) {
  return {shapeOf(connections, bytes),
          {{"syscalls", "system calls per round trip"}, {"completions", "completions per wait", false}},
          Kind::kEcho,
          connections,
          [=](Subject& subject) {
            const auto clients = [&] {
              return std::make_unique<LoadClient>(subject.port(), connections, LoadClient::Expect::kOwnBytes, 200, bytes);
            };
            const Traced counted = trace(subject, clients, 4L * connections, std::max(effort().scaled(2000), 4L * connections));
            return Values{counted.callsPerExchange, counted.completionsPerWait};
          }};
}

Group latency(int connections, std::size_t bytes, int rate) {
  return {shapeOf(connections, bytes) + '@' + std::to_string(rate),
          {{"p50", "us from due to answered, median"}, {"p99", "us from due to answered, 99 of 100"}},
          Kind::kEcho,
          connections,
          [=](Subject& subject) {
            LoadClient client(subject.port(), connections);
            client.roundTrips(bytes, connections);
            subject.settle();
            const Values all = openLoop(client, rate, effort().smoke ? 0.02 : 0.5, WhenBusy::kPipelines).microseconds;
            return Values{quantile(all, 0.5), quantile(all, 0.99)};
          }};
}

constexpr auto kBulkUnit = "us of server CPU per MiB";
long bulkMebibytes() { return effort().smoke ? 2 : 64; }

Group bulkIn() {
  return {"1", {{"bulk-in", kBulkUnit}}, Kind::kSink, 1, [](Subject& subject) {
            LoadClient client(subject.port(), 1, LoadClient::Expect::kReceipts);
            const auto bytes = static_cast<std::uint64_t>(bulkMebibytes()) << 20;
            const double cpu = subject.cpuOf([&] {
              client.post(0, bytes);
              client.finish();
            });
            const Receipt receipt = client.receipt(0);
            if (receipt.count != bytes || receipt.check != patternSum(0, bytes))
              throw std::runtime_error("the server took other bytes than were sent");
            return Values{cpu / static_cast<double>(bulkMebibytes())};
          }};
}

Group bulkOut() {
  return {"1", {{"bulk-out", kBulkUnit}}, Kind::kSource, 1, [](Subject& subject) {
            LoadClient client(subject.port(), 1, LoadClient::Expect::kSource);
            const auto bytes = static_cast<std::uint64_t>(bulkMebibytes()) << 20;
            const double cpu = subject.cpuOf([&] {
              client.ask(0, bytes, bytes);
              client.finish();
            });
            return Values{cpu / static_cast<double>(bulkMebibytes())};
          }};
}

Group bulkBoth() {
  return {"1", {{"bulk-both", kBulkUnit}}, Kind::kEcho, 1, [](Subject& subject) {
            LoadClient client(subject.port(), 1);
            const double cpu = subject.cpuOf([&] {
              client.post(0, static_cast<std::uint64_t>(bulkMebibytes()) << 20);
              client.finish();
            });
            return Values{cpu / static_cast<double>(bulkMebibytes())};
          }};
}

Group connects() {
  return {"one-by-one",
          {{"connect-cpu", "us of server CPU per connection"}, {"connect-rate", "connections per second, on one core", false}},
          Kind::kEcho,
          1,
          [](Subject& subject) {
            const long count = effort().smoke ? 2 : 300;
            const auto begin = std::chrono::steady_clock::now();
            const double before = subject.cpu();
            connectAndLeave(subject.port(), 64, count);
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
            subject.settle();
            return Values{(subject.cpu() - before) / static_cast<double>(count), static_cast<double>(count) / took.count()};
          }};
}

Group bursts() {
  constexpr int kBurst = 100;
  return {
      std::to_string(kBurst), {{"accept-burst", "us of server CPU per connection"}}, Kind::kEcho, kBurst, [](Subject& subject) {
        const int times = effort().smoke ? 1 : 5;
        const double cpu = subject.cpuOf([&] {
          for (int i = 0; i < times; ++i)
            LoadClient(subject.port(), kBurst, LoadClient::Expect::kOwnBytes, 0).roundTrips(64, kBurst);
        });
        return Values{cpu / times / kBurst};
      }};
}

Group fanOut(int connections, std::size_t bytes) {
  return {shapeOf(connections, bytes),
          {{"fan-out", "us of server CPU per message and receiver"}},
          Kind::kFanOut,
          connections,
          [=](Subject& subject) {
            LoadClient client(subject.port(), connections, LoadClient::Expect::kFirstsBytes);
            subject.settle();  // until all are accepted
            const int times = effort().smoke ? 1 : 10;
            const double cpu = subject.cpuOf([&] {
              for (int i = 0; i < times; ++i) {
                client.post(0, bytes);
                client.finish();
              }
            });
            return Values{cpu / times / connections};
          }};
}

Group timers(std::uint64_t count) {
  return {std::to_string(count),
          {{"timers", "us of server CPU per timer, set and fired"},
           {"timers-early", "of the timers fired before they were due, by the system's clock"}},
          Kind::kTimers,
          1,
          [=](Subject& subject) {
            LoadClient client(subject.port(), 1, LoadClient::Expect::kReceipts);
            const int times = effort().smoke ? 1 : 5;
            std::uint64_t early = 0;
            const double cpu = subject.cpuOf([&] {
              for (int i = 0; i < times; ++i) {
                client.ask(0, count, sizeof(Receipt));
                client.finish();
                if (client.receipt(0).count != count) throw std::runtime_error("the server set another number of timers");
                early += client.receipt(0).check;
              }
            });
            return Values{cpu / times / static_cast<double>(count), static_cast<double>(early) / times};
          }};
}

/// From one count of connections to a tenfold one, so that what a server has anyway does not count.
Group memory(int few, int many) {
  return {std::to_string(many),
          {{"memory", "bytes of the server's memory per idle connection"}},
          Kind::kEcho,
          many,
          [=](Subject& subject) {
            subject.restart();
            const auto with = [&](LoadClient& client) {
              client.roundTrips(16384, static_cast<long>(client.size()));
              subject.settle();
              return subject.residentBytes();
            };
            LoadClient first(subject.port(), few);
            const double before = with(first);
            LoadClient rest(subject.port(), many - few);
            return Values{(with(rest) - before) / (many - few)};
          }};
}

/// Messages of `bytes` come in pieces of `piece` bytes, which the clients send in turns.
Group fragmented(int connections, std::size_t bytes, std::size_t piece) {
  return {shapeOf(connections, bytes) + '/' + std::to_string(piece),
          {{"fragmented", "us of server CPU per message"}},
          Kind::kEcho,
          connections,
          [=](Subject& subject) {
            LoadClient client(subject.port(), connections);
            client.roundTrips(64, connections);
            const double cpu = subject.cpuOf([&] {
              for (std::size_t sent = 0; sent < bytes; sent += piece) {
                for (std::size_t i = 0; i < client.size(); ++i) client.post(i, std::min(piece, bytes - sent));
                sched_yield();  // the server gets each piece by itself
                client.poll(0);
              }
              client.finish();
            });
            return Values{cpu / connections};
          }};
}

/// A tenth of the connections is reset in the middle of a message, another tenth each time.
Group noisy(int connections, std::size_t bytes) {
  return {shapeOf(connections, bytes),
          {{"noisy", "us of server CPU per round trip"}},
          Kind::kEcho,
          connections,
          [=](Subject& subject) {
            LoadClient client(subject.port(), connections);
            client.roundTrips(bytes, connections);
            const std::size_t times = effort().smoke ? 1 : 10;
            long made = 0;
            const double cpu = subject.cpuOf([&] {
              for (std::size_t time = 0; time < times; ++time) {
                const auto isReset = [&](std::size_t i) { return i % 10 == time; };
                for (std::size_t i = 0; i < client.size(); ++i) client.post(i, isReset(i) ? bytes / 2 : bytes);
                for (std::size_t i = 0; i < client.size(); ++i)
                  if (isReset(i)) client.resetAndConnect(i);
                  else ++made;
                client.finish();
              }
            });
            return Values{cpu / static_cast<double>(made)};
          }};
}

}  // namespace

std::vector<Group> groups() {
  std::vector<Group> all;
  for (const int connections : {1, 64, 1000, 8000})
    for (const std::size_t bytes : {64, 1024, 16384}) all.push_back(roundTrips(connections, bytes));
  for (const int connections : {1, 64, 1000}) all.push_back(traced(connections, 64));
  all.push_back(traced(64, 16384));
  all.push_back(latency(64, 64, 10000));
  all.push_back(latency(1000, 64, 10000));
  all.push_back(latency(64, 16384, 2000));
  all.push_back(bulkIn());
  all.push_back(bulkOut());
  all.push_back(bulkBoth());
  all.push_back(connects());
  all.push_back(bursts());
  all.push_back(fanOut(1000, 64));
  all.push_back(timers(1000));
  all.push_back(memory(100, 1000));
  all.push_back(fragmented(64, 16384, 69));
  all.push_back(noisy(100, 1024));
  return all;
}

}  // namespace teasel::bench
