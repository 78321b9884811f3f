#pragma once

#include <memory>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

/// A listening port. Made by Reactor::listenTCP, listenUNIX or adoptStreamPort. It keeps itself
/// alive while it listens. The model is twisted.internet.tcp.Port.
class Port : public std::enable_shared_from_this<Port> {
 public:
  virtual ~Port() = default;
  /// The address on which it listens, of any family. For port 0 this names the port that the system
  /// chose. It stays readable after stopListening.
  virtual const Address& getHost() const noexcept = 0;
  /// Accepts nothing more. Connections that were made already go on. The Deferred fires in the
  /// closing phase of the turn, after the factory's doStop; it fails with what stopFactory threw.
  /// Further calls before that wait for the same end; later ones fire at once.
  virtual Deferred<void> stopListening() = 0;
  virtual bool listening() const noexcept = 0;
  virtual const std::shared_ptr<Factory>& factory() const noexcept = 0;
};

}  // namespace teasel
