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

/// A protocol under test with everything around it: a real Connection on a real Reactor, and the
/// test as the far end. Each call returns when nothing is left to do at this instant.
///
///     StringTransport wire(std::make_shared<Echo>());
///     wire.feedBytewise("hello\r\n");
///     EXPECT_EQ(wire.value(), "hello\r\n");
///     wire.endOfStream();
///     ASSERT_TRUE(wire.lost());
///     EXPECT_TRUE(wire.lost()->check<ConnectionDone>());
///
/// A test with several peers, with hosts that talk to each other, or with a factory takes a World
/// (<teasel/fakes/world/world.hpp>). Here is a test of two peers and a time-out:
///
///     #include <teasel/fakes/world/world.hpp>
///     #include <teasel/protocol/factory.hpp>
///
///     World world;
///     Reactor& reactor = world.host().reactor();
///     reactor.listenTCP(8000, Factory::forProtocol<Chat>(&reactor, &room));
///     RemotePeer& ann = world.connect(0);
///     RemotePeer& bob = world.connect(1);
///     ann.send("hello\r\n");
///     world.settle();  // everything happens that can at this instant
///     EXPECT_EQ(bob.received(), "hello\r\n");
///     world.advance(std::chrono::seconds(30));  // Chat hangs up on a peer that is silent for 30 s
///     EXPECT_TRUE(ann.sawEof());
///
/// Its destructor ends the connection and runs turns: the far end closes, the protocol gets what
/// follows from that (connectionLost, a callback that it defers to the next turn), and the reactor
/// shuts down. So callbacks of the protocol may run inside the destructor, and what they refer to
/// must still live. Time stands still there: timers that are left are reported to leak_guard, and
/// so is a connection that does not come to its end.
class StringTransport {
 public:
  /// A call gives up with LimitExceeded after so many turns without a rest. The error says what
  /// keeps the reactor busy.
  static constexpr std::size_t kTurns = 100'000;

  /// Connects: connectionMade has been called when it returns. `window` is how many bytes the
  /// protocol can send to a far end that does not read. Throws UsageError for a null protocol.
  explicit StringTransport(std::shared_ptr<Protocol> protocol, SimDriver::Mode mode = SimDriver::Mode::kReadiness,
                           std::size_t window = Pipe::kWindow);
  StringTransport(const StringTransport&) = delete;
  StringTransport& operator=(const StringTransport&) = delete;
  ~StringTransport();

  // What the far end does -------------------------------------------------------------------------
  /// Delivers bytes in one chunk (of at most SimDriver::kMaxChunk bytes).
  void feed(ByteView bytes);
  void feedBytewise(ByteView bytes) { feed(bytes, ChunkPlan::bytewise()); }
  /// Delivers bytes, cut as the plan says, and the end of stream if the plan has one.
  void feed(ByteView bytes, const ChunkPlan& plan);
  /// Ends the direction of the far end, which still reads.
  void endOfStream();
  /// Gives up both directions. With unread input this is a reset.
  void close();
  /// Resets the connection.
  void reset();
  /// The far end takes nothing more until read(): backpressure, as soon as the window is full.
  void stopReading();
  /// The far end takes up to `count` bytes more; 0 goes back to taking everything.
  void read(std::size_t count = 0);

  // What the far end got --------------------------------------------------------------------------
  /// What the protocol has written since the beginning or since clear().
  std::string value() const { return far_->received().str(); }
  void clear() { far_->clear(); }
  /// The protocol or its transport ended its direction.
  bool sawEof() const noexcept { return far_->sawEof(); }
  bool sawReset() const noexcept { return far_->sawReset(); }

  // The protocol's side ---------------------------------------------------------------------------
  /// The reason that connectionLost got; null while the connection lasts.
  const Failure* lost() const noexcept;
  bool connected() const noexcept { return lost() == nullptr; }
  /// The connection closes, or is closed.
  bool disconnecting() const noexcept { return transport().disconnecting(); }
  Transport& transport() const noexcept { return protocol_->transport(); }
  Protocol& protocol() const noexcept { return *protocol_; }

  // Time ------------------------------------------------------------------------------------------
  Reactor& reactor() noexcept { return *reactor_; }
  Clock& clock() noexcept { return *reactor_; }
  /// Lets time pass and visits every deadline at its own time. Throws NegativeDelay.
  void advance(Duration by, Site site = Site::here());
  /// Moves to the earliest deadline - a timer, the end of a call in a thread, the end of a linger -
  /// and runs what is due there. False, and the clock stands, when nothing will be due.
  bool advanceToNext();
  /// Advances by each duration in turn (Twisted: Clock.pump).
  void pump(std::span<const Duration> steps, Site site = Site::here()) {
    for (const Duration step : steps) advance(step, site);
  }
  void pump(std::initializer_list<Duration> steps, Site site = Site::here()) {
    pump(std::span(steps.begin(), steps.size()), site);
  }
  /// The code that runs takes `by`, as if it worked or blocked for so long: liveNow() of the clock
  /// moves on at once, and delays count from there. Nothing else runs meanwhile. Inside a callback,
  /// what fell due or arrived meanwhile comes in the next turn; outside, with the next call here.
  /// Throws NegativeDelay.
  void takeTime(Duration by, Site site = Site::here());
  /// How many delayed calls of the reactor wait.
  std::size_t pending() const { return reactor_->getDelayedCalls().size(); }
  /// Runs what follows when the test itself called the protocol or its transport: a write, a
  /// loseConnection.
  void settle();

 private:
  class Owner;  // NOLINT(cppcoreguidelines-virtual-class-destructor): its definition says final
  void turnUntilQuiet();
  std::string whatIsOpen() const;
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
