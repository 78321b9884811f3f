#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

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

/// Watches the life of every protocol that a factory builds. It stands between the protocol and its
/// connection. Its oracles:
///
/// - "lifecycle": connectionMade comes first, connectionLost comes exactly once and last. Nothing
///   is delivered after loseConnection or abortConnection. Every connection that was made has been
///   lost in the end.
/// - "write-after-close": the protocol must not write after connectionLost. A timer that it did not
///   cancel does that, or a list that still names it.
/// - "bounded-buffering": the limits of Bounds hold.
///
/// Make one Watch for each run.
class Watch {
 public:
  explicit Watch(fakes::World& world, Bounds bounds = {});
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
    std::size_t deliveries = 0;
    std::uint64_t work = 0;  ///< done for its input, in steps; see work.hpp
    bool made = false, lost = false;
    /// Whether it called loseConnection or abortConnection, or threw, before the peer ended.
    bool closedItself = false;
    Failure reason;  ///< what connectionLost got
  };
  std::size_t lives() const noexcept { return state_->lives.size(); }
  const Life& life(std::size_t index) const noexcept { return *state_->lives[index]; }

 private:
  class Watched;
  class Over;
  class OverClient;
  /// Shared with the protocols. A verdict may leave protocols alive for longer than the watch.
  struct State {
    fakes::World& world;
    const Bounds bounds;
    std::vector<std::unique_ptr<Life>> lives;
  };
  static std::shared_ptr<Protocol> watched(const std::shared_ptr<State>& state, std::shared_ptr<Protocol> inner,
                                           const std::shared_ptr<Factory>& factory);

  std::shared_ptr<State> state_;
};

}  // namespace teasel::props
