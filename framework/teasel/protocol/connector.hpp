#pragma once

#include <memory>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel {

/// One client's way to its server; made by Reactor::connectTCP. The model is
/// twisted.internet.base.BaseConnector. States: disconnected -> connect() -> connecting ->
/// connected -> disconnected. It keeps itself and its factory alive unless it is disconnected.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  enum class State : std::uint8_t { kDisconnected, kConnecting, kConnected };
  virtual ~Connector() = default;

  /// Tries (again). Only from disconnected, else UsageError; usually from clientConnectionFailed or
  /// -Lost.
  virtual void connect() = 0;
  /// Gives up an attempt: clientConnectionFailed(UserError) follows. NotConnectingError when there
  /// is none.
  virtual void stopConnecting() = 0;
  /// stopConnecting while connecting, loseConnection while connected, nothing otherwise.
  virtual void disconnect() = 0;
  virtual State state() const noexcept = 0;
  /// "host:port" as given.
  virtual std::string getDestination() const = 0;
  virtual const std::shared_ptr<ClientFactory>& factory() const noexcept = 0;
};

}  // namespace teasel
