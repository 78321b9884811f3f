#pragma once

#include <memory>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel {

/// Connects one client to its server, and connects it again when its factory asks for that. Made by
/// Reactor::connectTCP or connectUNIX. The model is twisted.internet.base.BaseConnector.
///
/// The states are: disconnected, then (after connect()) connecting, then connected, then
/// disconnected again. While it is not disconnected it keeps itself and its factory alive.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  enum class State : std::uint8_t { kDisconnected, kConnecting, kConnected };
  virtual ~Connector() = default;

  /// Begins an attempt. Usually called in clientConnectionFailed or clientConnectionLost, to try
  /// again. Throws UsageError unless the state is disconnected.
  virtual void connect() = 0;
  /// Gives the attempt up; clientConnectionFailed follows with a UserError. Throws
  /// NotConnectingError unless the state is connecting.
  virtual void stopConnecting() = 0;
  /// Calls stopConnecting while connecting, and the transport's loseConnection while connected.
  /// Does nothing otherwise.
  virtual void disconnect() = 0;
  virtual State state() const noexcept = 0;
  /// "host:port" as given to connectTCP ("[::1]:80" for IPv6), or "unix:/run/x" (Address::text).
  virtual std::string getDestination() const = 0;
  virtual const std::shared_ptr<ClientFactory>& factory() const noexcept = 0;
};

}  // namespace teasel
