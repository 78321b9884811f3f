#include "echo_rows.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/drivers/drivers.hpp>

#include "../harness/rows.hpp"
#include "../load/server_process.hpp"
#include "../raw/loops.hpp"
#include "../servers/backends.hpp"
#include "../servers/teasel_server.hpp"
#include "ping_client.hpp"
#include "syscall_count.hpp"

namespace teasel::bench {
namespace {

struct Shape {
  int connections;
  std::size_t bytes;
  std::string text() const { return std::to_string(connections) + "x" + std::to_string(bytes); }
};
constexpr Shape kShapes[] = {{1, 64}, {64, 64}, {64, 16384}, {1000, 64}};

struct Subject {
  std::string name;
  Serve serve, sameMechanism;
};

/// The echo server of a backend, which is always built.
Serve echoOf(const std::string& backend) { return backendNamed(backend)->of(Kind::kEcho); }

/// Teasel's drivers, each together with the hand-written loop of the same mechanism.
std::vector<Subject> drivers() {
  std::vector<Subject> all;
  for (const std::string_view driver : driverNames()) {
    const std::string name(driver);
    if (backendNamed("raw-" + name) != nullptr) all.push_back({name, echoOf("teasel-" + name), echoOf("raw-" + name)});
  }
  return all;
}

std::vector<Subject> loops() {
  std::vector<Subject> all;
  for (const char* name : {"epoll", "io_uring", "poll", "select"})
    all.push_back({std::string("raw_") + name, echoOf(std::string("raw-") + name), {}});
  return all;
}

/// The libraries, for the rows peer/. `libuv` is its fastest use.
std::vector<Subject> peers() {
  std::vector<Subject> all;
  for (const char* name : {"asio", "libev", "libevent", "libuv"})
    if (backendNamed(name) != nullptr) all.push_back({name, echoOf(name == std::string("libuv") ? "libuv-try" : name), {}});
  return all;
}

/// A server and its client. The client is at rest between measurements. A measurement makes the
/// client work and takes the server's CPU time.
class Pair {
 public:
  explicit Pair(const Serve& serve) : server_(serve) {}
  void connect(const Shape& shape, Over over) {
    client_ = std::make_unique<PingClient>(server_.port(), shape.connections, shape.bytes, over);
  }
  /// Microseconds of server CPU time per round trip.
  double roundTrips(long count) {
    const double before = server_.cpu();
    const long made = client_->roundTrips(count);
    return (server_.cpu() - before) / 1e3 / static_cast<double>(made);
  }
  double connects(std::size_t bytes, long count) {
    const double before = server_.cpu();
    connectAndLeave(server_.port(), bytes, count);
    return (server_.cpu() - before) / 1e3 / static_cast<double>(count);
  }

 private:
  ServerProcess server_;
  std::unique_ptr<PingClient> client_;
};

/// A round that measures subject and reference in turns. Its slices are so short that a change in
/// the speed of the machine affects both. `measure(pair)` returns the figure of a slice.
template <class Measure>
Round inTurns(const std::shared_ptr<Pair>& ours, const std::shared_ptr<Pair>& theirs, Measure measure) {
  measure(*ours), measure(*theirs);  // warms both up
  return [=] {
    const int slices = effort().smoke ? 1 : 8;
    double value = 0, against = 0;
    for (int i = 0; i < slices; ++i) {
      if (i % 2 == 0) value += measure(*ours) / slices;
      against += measure(*theirs) / slices;
      if (i % 2 == 1) value += measure(*ours) / slices;
    }
    return Sample{value, against, value / against};
  };
}

Round echo(const Serve& subject, const Serve& reference, const Shape& shape, Over over = Over::kTcp) {
  auto ours = std::make_shared<Pair>(subject), theirs = std::make_shared<Pair>(reference);
  ours->connect(shape, over);
  theirs->connect(shape, over);
  const long count = effort().scaled(1000);
  return inTurns(ours, theirs, [=](Pair& pair) { return pair.roundTrips(count); });
}

Round connects(const Serve& subject, const Serve& reference) {
  const long count = effort().scaled(100);
  return inTurns(std::make_shared<Pair>(subject), std::make_shared<Pair>(reference),
                 [=](Pair& pair) { return pair.connects(64, count); });
}

/// The memory of connections that have echoed 16 KiB once and are idle now. A server keeps buffers
/// and other things that do not grow with connections; a first client of fewer connections has it
/// make these.
Round idle(const Serve& subject) {
  return [=] {
    const ServerProcess server(subject);
    const int first = effort().smoke ? 2 : 256, more = effort().smoke ? 8 : 4096;
    constexpr std::size_t bytes = 16384;
    PingClient early(server.port(), first, bytes);
    early.roundTrips(2L * first);
    const double before = server.resident();
    PingClient late(server.port(), more, bytes);
    late.roundTrips(more);
    return Sample{(server.resident() - before) / more};
  };
}

void addSyscallRow(const Subject& subject, const Shape& shape) {
  addRow({"syscalls/" + subject.name + '/' + shape.text(), "calls per round trip", [=] {
            return Round([=] {
              const long count = effort().scaled(2000);
              const double value = syscallsPerRoundTrip(subject.serve, shape.connections, shape.bytes, count);
              const double against = syscallsPerRoundTrip(subject.sameMechanism, shape.connections, shape.bytes, count);
              return Sample{value, against, value / against};
            });
          }});
}

}  // namespace

void addEchoRows() {
  constexpr auto kUnit = "us of server CPU per round trip";
  for (const Subject& driver : drivers())
    for (const Shape& shape : kShapes)
      addRow(
          {"echo/" + driver.name + '/' + shape.text(), kUnit, [=] { return echo(driver.serve, driver.sameMechanism, shape); }});
  for (const Shape& shape : kShapes)
    addRow({"echo-unix/epoll/" + shape.text(), kUnit, [=] {
              return echo([](const Listening& listening) { serveTeaselUnix("epoll", listening); }, serveRawEpollUnix, shape,
                          Over::kUnix);
            }});
  // Rows of the hand-written loops. They show how the mechanisms compare. The row of raw_epoll
  // against itself shows how steady this machine is.
  std::vector<Subject> others = drivers();
  for (Subject& loop : loops()) others.push_back(std::move(loop));
  for (const Subject& other : others) {
    if (other.name == "epoll") continue;  // the row echo/epoll has this comparison
    for (const Shape& shape : kShapes)
      addRow({"echo-vs-epoll/" + other.name + '/' + shape.text(), kUnit,
              [=] { return echo(other.serve, echoOf("raw-epoll"), shape); }});
  }
  for (const Subject& peer : peers())
    for (const Shape& shape : kShapes)
      addRow({"peer/" + peer.name + '/' + shape.text(), kUnit, [=] { return echo(peer.serve, echoOf("raw-epoll"), shape); }});
  for (const Subject& driver : drivers()) {
    for (const Shape& shape : {Shape{64, 64}, Shape{64, 16384}}) addSyscallRow(driver, shape);
    addRow({"idle/" + driver.name, "bytes of memory per idle connection", [=] { return idle(driver.serve); }});
    addRow({"connect/" + driver.name, "us of server CPU per connection",
            [=] { return connects(driver.serve, driver.sameMechanism); }});
  }
}

}  // namespace teasel::bench
