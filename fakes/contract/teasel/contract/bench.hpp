#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/core/file.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

/// The contract suite: what every driver owes its Reactor. The simulated world owes the same, so
/// each rule is stated once and runs on all of them. The suite uses the public interface only.
/// A few lines hold a driver of yours to it:
///
///     #include <teasel/contract/all.hpp>
///     #include <teasel/contract/loopback_bench.hpp>
///     using namespace teasel::contract;
///     TEASEL_INSTANTIATE_CONTRACT(std::vector{loopbackArm("mine", &makeMyDriver)});
///
/// The test names end in "/mine" then. Include the suite in one program only, because the headers
/// define the tests.

namespace teasel::contract {

using namespace std::chrono_literals;

/// How long a test waits for what must happen. In a world this is virtual time.
inline constexpr Duration kPatience = 20s;

/// Why a test is skipped over UNIX sockets.
inline constexpr const char* kTcpOnly = "it is about ports and addresses of TCP; unix.hpp has what UNIX sockets need instead";

/// What a Bench keeps until its end: the probes and factories of a test.
class Kept {
 public:
  virtual ~Kept() = default;
  /// The test body is over and its variables are dead: forget every hook.
  virtual void disarm() noexcept = 0;
  /// The reactors are gone. Checks that nothing is left to happen.
  virtual void atEnd() {}
  /// One line for failure messages.
  virtual std::string describe() const = 0;
};

/// A file that a test sends. `resize` cuts it off, or appends zeros.
struct TestFile {
  std::shared_ptr<File> file;
  std::function<void(std::size_t)> resize;
};
using MakeFile = std::function<TestFile(const std::string& content)>;
/// A file in memory. It has no descriptor, so it is always read.
inline TestFile memoryFile(const std::string& content) {
  class MemoryFile final : public File {
   public:
    explicit MemoryFile(std::string text) : bytes(std::move(text)) {}
    std::size_t read(std::uint64_t offset, std::span<char> into) override {
      const ByteView piece = ByteView(bytes).sub(std::min<std::uint64_t>(offset, bytes.size()), into.size());
      std::ranges::copy(piece.text(), into.begin());
      return piece.size();
    }
    std::uint64_t size() override { return bytes.size(); }
    std::string bytes;
  };
  auto file = std::make_shared<MemoryFile>(content);
  return {file, [weak = std::weak_ptr(file)](std::size_t size) {
            if (const auto it = weak.lock()) it->bytes.resize(size);
          }};
}

/// Where one round of one test runs: one or two reactors that can reach each other, and the means
/// to let time pass.
class Bench {
 public:
  Bench() = default;
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  virtual ~Bench() = default;

  /// The reactor that listens, and the one that connects. They are often the same.
  virtual Reactor& server() = 0;
  virtual Reactor& client() = 0;
  /// The clock that the contract on time tests.
  virtual Clock& clock() { return server(); }
  /// The address to which clients connect and on which servers listen.
  virtual std::string serverHost() const = 0;
  /// Turns all reactors until `done()` is true. False when `atMost` passes before that.
  virtual bool until(const std::function<bool()>& done, Duration atMost = kPatience) = 0;
  /// Turns all reactors for so long.
  virtual void pass(Duration time) = 0;
  /// The code that runs works for so long. In a world it says so, and takes no real time.
  virtual void work(Duration time) = 0;
  /// Calls run() of the reactor of the server, and keeps the others turning. False when nobody has
  /// stopped it within kPatience.
  virtual bool run() = 0;
  /// An address that never answers an attempt to connect.
  virtual Address deaf() = 0;
  /// One more reactor on the same driver, for another thread. Null where there are no threads.
  virtual std::unique_ptr<Reactor> another() { return nullptr; }
  /// What ports and connectors get for the factory of a test: the factory itself, or a wrapper that
  /// nobody may notice.
  virtual std::shared_ptr<Factory> dressed(std::shared_ptr<Factory> factory) { return factory; }
  virtual std::shared_ptr<ClientFactory> dressed(std::shared_ptr<ClientFactory> factory) { return factory; }
  /// Listens on a free address of the bench's kind of transport. That is TCP, if it is not
  /// overridden; connect() then connects to such a port.
  virtual std::shared_ptr<Port> listen(const std::shared_ptr<Factory>& factory) {
    return server().listenTCP(0, dressed(factory), 50, serverHost());
  }
  virtual std::shared_ptr<Connector> connect(const std::shared_ptr<ClientFactory>& factory, const Port& port, Duration timeout) {
    return client().connectTCP(serverHost(), port.getHost().port(), dressed(factory), timeout);
  }
  /// The transport is a UNIX socket. It has no resets: a peer sees an abort as a clean end, unless
  /// the side that aborts had unread input. What was sent is heard all the same, and a side that is
  /// gone is noticed by the first send.
  virtual bool unixSockets() const noexcept { return false; }
  /// A path at which there is nothing and a UNIX socket can be made. Empty for other transports.
  virtual std::string freePath() { return {}; }
  /// Checks what must hold at the end of every test, if the reactors are still there.
  virtual void checkHealth() {}
  /// Destroys the reactors.
  virtual void destroy() = 0;
  /// It runs in virtual time: waiting costs nothing, and no other thread may take part.
  virtual bool simulated() const noexcept = 0;
  /// More bytes than a connection can hold in flight while its receiver does not read.
  virtual std::size_t moreThanFits() const noexcept = 0;
  /// Nothing on the wire takes as long as the linger time of a connection.
  virtual bool punctual() const noexcept { return true; }
  /// A write that has room is taken at once and not reported later.
  virtual bool eagerWrites() const noexcept { return true; }
  /// Bytes that arrive before a reset are always heard, in the order of Linux (reset_table.hpp). A
  /// world may draw another order, and loses what is on its way when a connection is reset.
  virtual bool exactResets() const noexcept { return true; }
  /// A callback of the test is going to throw on purpose.
  virtual void expectExceptions() {}

  /// Waits so long that whatever has not happened by then is not on its way.
  void settle() { pass(simulated() ? Duration(5s) : Duration(30ms)); }
  void keep(std::shared_ptr<Kept> kept) { kept_.push_back(std::move(kept)); }
  /// Disarms what the test made, destroys the reactors, and checks what is left.
  void finish();
  std::string describe() const {
    std::string text;
    for (const auto& kept : kept_) text += "\n  " + kept->describe();
    return text;
  }

  /// What runs now: the name of a user callback, or of a call that must not call back. Null when
  /// neither runs.
  const char* inside = nullptr;
  /// Makes the files of a test.
  MakeFile makeFile = memoryFile;
  /// Every event that this thread has logged since the round began. Errors that a test does not
  /// flush fail it.
  LogCapture log{LogLevel::kDebug, 100000};

 private:
  std::vector<std::shared_ptr<Kept>> kept_;
};

/// While it lives no user callback may run. This is what turn rule 2 says of every call.
class Quiet {
 public:
  Quiet(Bench& bench, const char* call) noexcept : bench_(bench), outer_(bench.inside) { bench_.inside = call; }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { bench_.inside = outer_; }

 private:
  Bench& bench_;
  const char* outer_;
};

/// The scope of a user callback. It must not begin inside another callback or inside a call (turn
/// rules 2 and 3).
class InCallback {
 public:
  InCallback(Bench& bench, const char* callback) : outer_(bench.inside), quiet_(bench, callback) {
    if (outer_ != nullptr) ADD_FAILURE() << callback << " ran inside " << outer_;
  }

 private:
  const char* outer_;
  Quiet quiet_;
};

/// One column of the suite: a driver, or the world in one of its modes.
struct Arm {
  std::string name;
  /// How often each test runs, each time on a bench of its own. Rounds are seeds of a world, or
  /// arrangements of real reactors.
  int rounds = 1;
  /// Makes the bench of a round. When it throws DriverUnavailable, the test is skipped with that
  /// reason.
  std::function<std::unique_ptr<Bench>(int round)> make;
  /// Makes the files of its tests, if it is set: where a driver sends files, some of the system's.
  /// memoryFile makes them otherwise.
  MakeFile files = nullptr;
};
inline std::string nameOf(const testing::TestParamInfo<Arm>& info) { return info.param.name; }
inline void PrintTo(const Arm& arm, std::ostream* out) { *out << arm.name; }

class ArmTest : public testing::TestWithParam<Arm> {};

inline void Bench::finish() {
  for (const auto& kept : kept_) kept->disarm();
  inside = nullptr;
  checkHealth();
  destroy();
  for (const auto& kept : kept_) kept->atEnd();
  for (const Failure& failure : log.flushLoggedErrors())
    ADD_FAILURE() << "an error was logged that the test did not expect: " << failure;
}

/// Runs `body` on the bench of each round until one fails.
inline void runOn(const Arm& arm, void (*body)(Bench&)) {
  for (int round = 0; round < arm.rounds && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(arm.name + ", round " + std::to_string(round));
    std::unique_ptr<Bench> bench;
    try {
      bench = arm.make(round);
      if (arm.files) bench->makeFile = arm.files;
    } catch (const DriverUnavailable& why) {
      GTEST_SKIP() << arm.name << " cannot run here: " << why.what();
    }
    try {
      body(*bench);
    } catch (...) {
      bench->finish();  // disarms the hooks, whose variables are dead
      throw;
    }
    bench->finish();
    if (testing::Test::IsSkipped()) return;
  }
}

}  // namespace teasel::contract

/// A test of the contract: TEASEL_CONTRACT(ContractBytes, SaysSomething) { ... uses `bench` ... }
#define TEASEL_CONTRACT(Suite, Name)                                           \
  static void Suite##Name(::teasel::contract::Bench& bench);                   \
  TEST_P(Suite, Name) { ::teasel::contract::runOn(GetParam(), &Suite##Name); } \
  static void Suite##Name([[maybe_unused]] ::teasel::contract::Bench& bench)

/// Turns until the condition holds. When it never does, it leaves the function with a fatal
/// failure.
#define TEASEL_UNTIL(condition) \
  ASSERT_TRUE(bench.until([&] { return (condition); })) << "waited for it in vain" << bench.describe()

/// Leaves this round unless the condition holds: what follows needs real time or threads, or only a
/// simulation can play it.
#define TEASEL_NEEDS(condition, reason) \
  if (!(condition)) GTEST_SKIP() << (reason)
