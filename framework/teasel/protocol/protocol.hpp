#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/transport/transport.hpp>

namespace teasel {

class Factory;

/// The behaviour of one connection. Derive from it, override dataReceived, and write through
/// transport(). The model is twisted.internet.protocol.Protocol.
///
/// The transport calls all callbacks, on the reactor's thread, and never while another callback of
/// the same protocol runs. An exception that a callback throws ends this connection only: it is
/// logged and becomes the reason of connectionLost.
///
/// Lifetime: held by shared_ptr. The connection holds its protocol until connectionLost has
/// returned; tests and others may hold it longer.
class Protocol : public StreamProtocol, public std::enable_shared_from_this<Protocol> {
 public:
  Protocol();
  ~Protocol() override;

  /// The connection is made, and the transport is set. Greet the peer here.
  virtual void connectionMade() {}
  /// At least one byte has arrived. TCP may cut the stream anywhere, so feed your protocol byte by
  /// byte in tests. `data` is borrowed for the call.
  void dataReceived(ByteView data) override { static_cast<void>(data); }
  /// The connection is over. This is the last callback, and it comes once. Drop circular references
  /// here.
  void connectionLost(const Failure& reason) override { static_cast<void>(reason); }

  /// Sets the transport and calls connectionMade. The transport calls it, once.
  void makeConnection(std::shared_ptr<Transport> transport) override;
  /// The transport. Before makeConnection it is an unconnected one that drops all writes. After
  /// connectionLost it is still there, and closed.
  Transport& transport() const noexcept { return *transport_; }
  /// The same transport, for callers that must keep it: for example to register it as the producer
  /// of another transport.
  const std::shared_ptr<Transport>& sharedTransport() const noexcept { return transport_; }
  /// The factory that built this protocol; the protocol keeps it alive. Null for a protocol that
  /// was made without a factory.
  const std::shared_ptr<Factory>& factory() const noexcept { return factory_; }
  void setFactory(std::shared_ptr<Factory> factory) noexcept { factory_ = std::move(factory); }
  /// What log messages about this protocol begin with. The default is the name of the class.
  virtual std::string logPrefix() const;

 private:
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<Factory> factory_;
  std::uint64_t observed_;  // the Observer's id of this protocol
};

}  // namespace teasel
