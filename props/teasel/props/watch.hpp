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

/// How much one connection may hold on to. Checked after every callback.
struct Bounds {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::size_t bufferedBytes = kNone;  ///< input received and not delivered, as `buffered` tells
  std::size_t pendingBytes = kNone;   ///< output not yet taken by the driver
  std::function<std::size_t(const Protocol&)> buffered;
};

/// Watches the life of every protocol that a factory builds, from between the protocol and its
/// connection. Oracles:
///
/// - "lifecycle": connectionMade comes first, connectionLost exactly once and last; nothing is
///   delivered after loseConnection or abortConnection; every connection that was made has been
///   lost when all has ended.
/// - "write-after-close": the protocol wrote after connectionLost (a timer that it did not cancel,
///   a list that still names it).
/// - "bounded-buffering": see Bounds.
///
/// One run each.
class Watch {
 public:
  explicit Watch(fakes::World& world, Bounds bounds = {});
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  /// A factory that builds what `inner` builds, watched. Protocols keep `inner` as their factory.
  std::shared_ptr<Factory> over(std::shared_ptr<Factory> inner);
  /// The same on the connecting side.
  std::shared_ptr<ClientFactory> overClient(std::shared_ptr<ClientFactory> inner);
  /// After the run, when all has ended: what only the end can show.
  void finish();

  /// Connections seen so far, and what became of the index-th.
  struct Life {
    std::weak_ptr<Protocol> protocol;
    std::shared_ptr<Transport> transport;
    std::uint64_t dropped = 0;  ///< writes dropped until connectionLost had returned
    std::size_t deliveries = 0;
    std::uint64_t work = 0;  ///< done for its input, see work.hpp
    bool made = false, lost = false;
    /// called loseConnection or abortConnection, or threw, before the peer ended
    bool closedItself = false;
    Failure reason;  ///< of connectionLost
  };
  std::size_t lives() const noexcept { return state_->lives.size(); }
  const Life& life(std::size_t index) const noexcept { return *state_->lives[index]; }

 private:
  class Watched;
  class Over;
  class OverClient;
  /// Shared with the protocols, which a verdict may leave alive for longer than the watch.
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
