#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/core/unique_function.hpp>
#include <teasel/reactor/driver.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/transport/connection.hpp>

/// A Connection with doubles on all its sides. Each double notes the calls that it gets, in one
/// list.

namespace teasel::transport_tests {

/// The calls that went out of a connection: "driver.write protocol.dataReceived".
class Calls {
 public:
  void add(std::string_view party, std::string_view call) {
    if (!text_.empty()) text_ += ' ';
    ((text_ += party) += '.') += call;
  }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

inline std::string with(const char* call, const Failure& why) { return call + ("(" + why.name() + ')'); }

/// A driver with one stream. Its test says what it takes and makes its upcalls.
class ScriptedDriver final : public Driver {
 public:
  explicit ScriptedDriver(Calls& calls) : calls_(calls) {}
  std::string_view name() const noexcept override { return "scripted"; }
  Instant now() noexcept override { return Instant{} + std::chrono::hours(1); }
  void poll(Duration, Instant& sampled) override {
    sampled = now();
    if (UniqueFunction<void()> call = std::exchange(upcall, nullptr)) call();
  }
  void wake() noexcept override {}
  Slot* listen(const Address&, const ListenOptions&, Acceptor&, Failure&) override { return nullptr; }
  void stopListening(Slot*) override {}
  Slot* connect(const Address&, const ConnectOptions&, StreamSink& sink) override { return stream = &sink, &slot_; }
  void reading(Slot*, bool on) override { calls_.add("driver", on ? "reading(on)" : "reading(off)"); }
  std::size_t write(Slot*, std::span<const Segment> segments) override {
    offered.assign(segments.begin(), segments.end());
    calls_.add("driver", "write");
    std::size_t bytes = 0;
    for (const Segment& segment : segments) bytes += segment.size();
    (takes ? taken : waiting) += bytes;
    return takes ? bytes : 0;
  }
  bool sendsFiles() const noexcept override { return files; }
  void shutdownWrite(Slot*) override { calls_.add("driver", "shutdownWrite"); }
  void close(Slot*, CloseMode mode, std::vector<Segment>, Instant) override {
    calls_.add("driver", mode == CloseMode::kAbort ? "close(abort)" : "close(graceful)");
  }
  std::size_t overdueSlots() const noexcept override { return 0; }

  bool takes = true;  // whether write takes all at once, or nothing
  bool files = true;  // whether it takes bytes of files
  std::size_t taken = 0, waiting = 0;
  std::vector<Segment> offered;  // by the last write
  StreamSink* stream = nullptr;
  UniqueFunction<void()> upcall;  // of the next poll

 private:
  class OneSlot final : public Slot {
   public:
    const Address& host() const noexcept override { return none_; }
    const Address& peer() const noexcept override { return none_; }

   private:
    Address none_;
  };
  Calls& calls_;
  OneSlot slot_;
};

struct Boom final : std::runtime_error {
  Boom() : std::runtime_error("boom") {}
};

/// Notes its callbacks; `throws` makes the next one throw a Boom.
class NotingProtocol final : public StreamProtocol {
 public:
  explicit NotingProtocol(Calls& calls) : calls_(calls) {}
  void makeConnection(std::shared_ptr<Transport>) override { note("makeConnection"); }
  void dataReceived(ByteView) override { note("dataReceived"); }
  void connectionLost(const Failure& why) override {
    reason = why;
    note(with("connectionLost", why));
  }
  bool halfCloseable() const noexcept override { return closesByHalves; }
  void readConnectionLost() override { note("readConnectionLost"); }
  void producingResumed() override { note("producingResumed"); }
  void writeConnectionLost() override { note("writeConnectionLost"); }

  bool closesByHalves = false, throws = false;
  Failure reason;  // that connectionLost got

 private:
  void note(std::string_view call) {
    calls_.add("protocol", call);
    if (std::exchange(throws, false)) throw Boom();
  }
  Calls& calls_;
};

class NotingProducer final : public Producer {
 public:
  explicit NotingProducer(Calls& calls) : calls_(calls) {}
  void pauseProducing() override { calls_.add("producer", "pauseProducing"); }
  void resumeProducing() override {
    calls_.add("producer", "resumeProducing");
    if (std::exchange(throws, false)) throw Boom();
  }
  void stopProducing() override { calls_.add("producer", "stopProducing"); }

  bool throws = false;

 private:
  Calls& calls_;
};

class NotingOwner final : public ConnectionOwner {
 public:
  NotingOwner(Calls& calls, std::shared_ptr<StreamProtocol> protocol) : calls_(calls), protocol_(std::move(protocol)) {}
  std::shared_ptr<StreamProtocol> buildProtocol(const Address&) override {
    calls_.add("owner", "buildProtocol");
    if (std::exchange(throws, false)) throw Boom();
    return refuses ? nullptr : protocol_;
  }
  void connectionMade() override { calls_.add("owner", "connectionMade"); }
  void connectionFailed(const Failure& why) override { calls_.add("owner", with("failed", why)); }
  void connectionClosed(const Failure&) override { calls_.add("owner", "closed"); }

  bool refuses = false, throws = false;

 private:
  Calls& calls_;
  std::shared_ptr<StreamProtocol> protocol_;
};

/// All of them around one connection, which is connecting.
class ConnectionBench {
 public:
  ConnectionBench() {
    auto scripted = std::make_unique<ScriptedDriver>(calls);
    driver = scripted.get();
    reactor = std::make_unique<Reactor>(std::move(scripted));
    connection = Connection::connect(*reactor, Address::ipv4(127, 0, 0, 1, 7), {}, owner);
  }
  /// Makes an upcall of the driver, and runs what follows from it.
  void upcall(UniqueFunction<void()> call) {
    driver->upcall = std::move(call);
    settle();
  }
  /// Two turns: what is put off to the next turn comes, too.
  void settle() {
    reactor->turn();
    reactor->turn();
  }
  void makeConnection() {
    upcall([this] { driver->stream->onConnected(); });
  }
  void receive(ByteView bytes) {
    upcall([this, bytes] {
      Chunk chunk(bytes);
      driver->stream->onData(chunk);
    });
  }

  Calls calls;
  std::shared_ptr<NotingProtocol> protocol = std::make_shared<NotingProtocol>(calls);
  std::shared_ptr<NotingProducer> producer = std::make_shared<NotingProducer>(calls);
  std::shared_ptr<NotingOwner> owner = std::make_shared<NotingOwner>(calls, protocol);
  ScriptedDriver* driver = nullptr;
  std::unique_ptr<Reactor> reactor;
  std::shared_ptr<Connection> connection;
};

}  // namespace teasel::transport_tests
