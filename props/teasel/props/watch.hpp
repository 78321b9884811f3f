#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel::props {

/// How many bytes one connection may hold on to. Checked after every callback.
struct Bounds {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::size_t bufferedBytes = kNone;  ///< of input received and not delivered; `buffered` tells it
  std::size_t pendingBytes = kNone;   ///< of output that the driver has not taken yet
  std::function<std::size_t(const Protocol&)> buffered;
};

/// Oracles of a Watch that are off until a test turns them on: some sound protocols do what these
/// forbid.
struct StrictOracles {
  /// Oracle "timer-left": a timer that the protocol made in one of its callbacks must not wait any
  /// more when connectionLost has returned. Timers that were made elsewhere are not counted: in
  /// other timers, in connectionLost, between turns, or by other protocols. Leave it off for a
  /// protocol whose timers reach it weakly (bindWeak): these do no harm.
  bool timerLeft = false;
  /// Oracle "write-while-closing": the protocol must not write between its own loseConnection,
  /// failConnection or abortConnection and connectionLost. The transport drops such writes. Leave
  /// it off for a server that sends to all its connections and does not ask which of them close.
  bool writeWhileClosing = false;
};

/// How a connection came to its end.
enum class CloseCause : std::uint8_t {
  kPeer,             ///< the peer, the network or the end of the run ended it
  kLoseConnection,   ///< the protocol, or somebody with its transport, called this
  kFailConnection,   ///< the same
  kAbortConnection,  ///< the same
  kException,        ///< a callback of the protocol or of its producer threw
  kWriteLimit,       ///< more bytes waited to be sent than the write limit allows
};
const char* name(CloseCause cause) noexcept;

/// Watches the life of every protocol that a factory builds. It stands between the protocol and its
/// connection, as a protocol to the connection and as a transport to the protocol. So it hears of
/// every call that ends the connection, no matter who makes it: the protocol, a timer, another
/// connection's callback. Its oracles:
///
/// - "lifecycle": connectionMade comes first, connectionLost comes exactly once and last. Nothing
///   is delivered after loseConnection or abortConnection. Every connection that was made has been
///   lost in the end, unless its host has crashed (Host::crash): then nobody is told.
/// - "write-after-close": the protocol must not write after connectionLost. A timer that it did not
///   cancel does that, or a list that still names it.
/// - "bounded-buffering": the limits of Bounds hold.
/// - "timer-left" and "write-while-closing", where StrictOracles turns them on.
///
/// Make one Watch for each run.
class Watch {
 public:
  explicit Watch(fakes::World& world, Bounds bounds = {}, StrictOracles strict = {});
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  /// A factory that builds what `inner` builds and watches it. Protocols keep `inner` as their
  /// factory.
  std::shared_ptr<Factory> over(std::shared_ptr<Factory> inner);
  /// The same for the connecting side.
  std::shared_ptr<ClientFactory> overClient(std::shared_ptr<ClientFactory> inner);
  /// Call it after the run, when everything has ended. It checks what only the end can show.
  void finish();

  /// What became of one connection.
  struct Life {
    std::weak_ptr<Protocol> protocol;
    std::shared_ptr<Transport> transport;
    std::uint64_t dropped = 0;  ///< writes that were dropped before connectionLost returned
    /// Of these, the writes after the protocol itself had ended the connection.
    std::uint64_t droppedWhileClosing = 0;
    std::size_t deliveries = 0;
    std::uint64_t work = 0;  ///< done for its input, in steps; see work.hpp
    /// The bytes that a framing protocol of Teasel got. Each is one step, because the code of the
    /// framing is not compiled for counting in every build.
    std::uint64_t framed = 0;
    bool made = false, lost = false;
    /// Where it was made, and how often that host had crashed by then.
    const fakes::Host* host = nullptr;
    std::uint32_t crashesBefore = 0;
    bool hostCrashed() const noexcept { return host != nullptr && host->crashes() != crashesBefore; }
    /// Who ended the connection, if it was not the peer who came first. Of several such causes the
    /// last one counts, so an abort behind a loseConnection is an abort.
    CloseCause cause = CloseCause::kPeer;
    bool closedItself() const noexcept { return cause != CloseCause::kPeer; }
    Failure reason;  ///< what connectionLost got
    /// Timers that its callbacks made. Kept only where StrictOracles::timerLeft is on.
    std::vector<DelayedCall> timers;
    /// How many of these still waited when connectionLost had returned.
    std::size_t timersLeft = 0;
  };
  std::size_t lives() const noexcept { return state_->lives.size(); }
  const Life& life(std::size_t index) const noexcept { return *state_->lives[index]; }

 private:
  class Watched;
  class WatchedTransport;
  class Over;
  class OverClient;
  /// Shared with the protocols. A verdict may leave protocols alive for longer than the watch.
  struct State {
    fakes::World& world;
    const Bounds bounds;
    const StrictOracles strict;
    std::vector<std::unique_ptr<Life>> lives;
  };
  static std::shared_ptr<Protocol> watched(const std::shared_ptr<State>& state, std::shared_ptr<Protocol> inner,
                                           const std::shared_ptr<Factory>& factory);

  std::shared_ptr<State> state_;
};

}  // namespace teasel::props
