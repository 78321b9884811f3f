#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include <teasel/fakes/net/network.hpp>
#include <teasel/fakes/net/remote_peer.hpp>
#include <teasel/fakes/net/sim_driver.hpp>
#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::fakes {

/// A protocol under test with everything around it: a real Connection on a real Reactor whose far
/// end is the test. Every call returns when nothing is left to do at this instant.
///
///     StringTransport wire(std::make_shared<Echo>());
///     wire.feedBytewise("hello\r\n");
///     EXPECT_EQ(wire.value(), "hello\r\n");
///     wire.endOfStream();
///     ASSERT_TRUE(wire.lost());
///     EXPECT_TRUE(wire.lost()->check<ConnectionDone>());
///
/// Destroying it ends the connection; timers that the protocol has left running then are reported
/// to leak_guard.
class StringTransport {
 public:
  /// Turns at one instant, after which a call gives up with LimitExceeded.
  static constexpr std::size_t kTurns = 100'000;

  /// Connects: makeConnection and connectionMade have been called when it returns. `window` is how
  /// many bytes the protocol can send to a far end that does not read.
  explicit StringTransport(std::shared_ptr<Protocol> protocol, SimDriver::Mode mode = SimDriver::Mode::kReadiness,
                           std::size_t window = Pipe::kWindow);
  StringTransport(const StringTransport&) = delete;
  StringTransport& operator=(const StringTransport&) = delete;
  ~StringTransport();

  // What the far end does -------------------------------------------------------------------------
  /// Delivers bytes in one chunk (of at most SimDriver::kMaxChunk bytes).
  void feed(ByteView bytes);
  void feedBytewise(ByteView bytes) { feed(bytes, ChunkPlan::bytewise()); }
  /// Delivers bytes cut as the plan says; its end of stream, if it has one, included.
  void feed(ByteView bytes, const ChunkPlan& plan);
  /// Ends the far end's direction; it still reads.
  void endOfStream();
  /// Resets the connection.
  void reset();
  /// Takes nothing more that the protocol writes, until read(): backpressure, once the window is
  /// full.
  void stopReading();
  /// Takes up to `count` bytes more; 0 goes back to taking everything.
  void read(std::size_t count = 0);

  // What it got -----------------------------------------------------------------------------------
  /// What the protocol has written since the beginning or clear().
  std::string value() const { return far_->received().str(); }
  void clear() { far_->clear(); }
  /// The protocol's side ended its direction.
  bool sawEof() const noexcept { return far_->sawEof(); }
  bool sawReset() const noexcept { return far_->sawReset(); }

  // The protocol's side ---------------------------------------------------------------------------
  /// The reason that connectionLost got; null while connected.
  const Failure* lost() const noexcept;
  bool connected() const noexcept { return lost() == nullptr; }
  /// It is closing, or closed.
  bool disconnecting() const noexcept { return transport().disconnecting(); }
  Transport& transport() const noexcept { return protocol_->transport(); }
  Protocol& protocol() const noexcept { return *protocol_; }

  // Time ------------------------------------------------------------------------------------------
  Reactor& reactor() noexcept { return *reactor_; }
  Clock& clock() noexcept { return *reactor_; }
  /// Lets time pass, visiting every deadline at its own time. Throws NegativeDelay.
  void advance(Duration by, Site site = Site::here());
  /// Moves to the earliest deadline (a timer, the end of a call in a thread, the end of a linger)
  /// and runs what is due there. False, and time stands, when nothing will be due.
  bool advanceToNext();
  /// Advances by each duration in turn (Twisted: Clock.pump).
  void pump(std::span<const Duration> steps, Site site = Site::here()) {
    for (const Duration step : steps) advance(step, site);
  }
  void pump(std::initializer_list<Duration> steps, Site site = Site::here()) {
    pump(std::span(steps.begin(), steps.size()), site);
  }
  /// How many delayed calls of the reactor wait.
  std::size_t pending() const { return reactor_->getDelayedCalls().size(); }
  /// Runs what the test did to the protocol or its transport directly: a write, a loseConnection.
  void settle();

 private:
  class Owner;  // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final, which is said where it is defined
  void turnUntilQuiet();
  Instant nextDue() noexcept;
  void moveTo(Instant to);

  Choices choices_;
  Trace trace_;
  Network network_{choices_, trace_};
  std::shared_ptr<Protocol> protocol_;
  std::shared_ptr<Owner> owner_;
  SimDriver* driver_ = nullptr;
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<RemotePeer> far_;
};

}  // namespace teasel::fakes
