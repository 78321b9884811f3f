#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/transport/transport.hpp>

namespace teasel {

class Factory;

/// One connection's behaviour: derive, override dataReceived, write through transport().
/// The model is twisted.internet.protocol.Protocol.
class Protocol : public StreamProtocol, public std::enable_shared_from_this<Protocol> {
 public:
  Protocol();
  ~Protocol() override;

  /// The connection is made; greet here. The transport is set.
  virtual void connectionMade() {}
  /// Bytes, at least one, cut anywhere: feed your protocol byte by byte in tests.
  void dataReceived(ByteView data) override { static_cast<void>(data); }
  /// The connection is over. Drop circular references here.
  void connectionLost(const Failure& reason) override { static_cast<void>(reason); }

  /// Sets the transport and calls connectionMade. Called once, by the transport.
  void makeConnection(std::shared_ptr<Transport> transport) override;
  /// The transport: unconnected before makeConnection, still there (closed) after connectionLost.
  Transport& transport() const noexcept { return *transport_; }
  /// The same for those who keep it: as the producer of the transport that this one is forwarded
  /// to.
  const std::shared_ptr<Transport>& sharedTransport() const noexcept { return transport_; }
  /// The factory that built it and that it keeps alive; null for a protocol made by hand.
  const std::shared_ptr<Factory>& factory() const noexcept { return factory_; }
  void setFactory(std::shared_ptr<Factory> factory) noexcept { factory_ = std::move(factory); }
  /// What log messages about this protocol begin with; the class name.
  virtual std::string logPrefix() const;

 private:
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<Factory> factory_;
  std::uint64_t observed_;  // the Observer's id of this protocol
};

}  // namespace teasel
