#pragma once

#include <memory>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

/// A listening port; made by Reactor::listenTCP. It keeps itself alive while it listens.
class Port : public std::enable_shared_from_this<Port> {
 public:
  virtual ~Port() = default;
  /// Where it listens, the port chosen by the system included; stays readable after stopListening.
  virtual const Address& getHost() const noexcept = 0;
  /// Accepts nothing more; connections made already go on. The result comes in the closing phase,
  /// after the factory's doStop. Again: the same outcome.
  virtual Deferred<void> stopListening() = 0;
  virtual bool listening() const noexcept = 0;
  virtual const std::shared_ptr<Factory>& factory() const noexcept = 0;
};

}  // namespace teasel
