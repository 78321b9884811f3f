#pragma once

#include <memory>

#include <teasel/protocol/factory.hpp>

namespace teasel::detail {

/// What ports and connectors do alike: asks the factory and introduces the protocol to it.
inline std::shared_ptr<Protocol> buildProtocol(const std::shared_ptr<Factory>& factory, const Address& peer) {
  std::shared_ptr<Protocol> protocol = factory->buildProtocol(peer);
  if (protocol != nullptr && protocol->factory() == nullptr) protocol->setFactory(factory);
  return protocol;
}

/// Throws InvalidAddressError unless `port` is a port number.
inline std::uint16_t checkedPort(int port) {
  if (port < 0 || port > 65535) throw InvalidAddressError("port " + std::to_string(port) + " is not within 0 to 65535");
  return static_cast<std::uint16_t>(port);
}

}  // namespace teasel::detail
