#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <teasel/core/address.hpp>
#include <teasel/core/byte_view.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel::detail {

/// Asks the factory for a protocol, and sets the protocol's factory. All that build protocols do it
/// this way.
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

/// "host:port" for texts. An IPv6 literal stands in brackets, and what people cannot read is
/// escaped: a host may be any text, since only a resolver says whether it is a name.
inline std::string hostAndPort(std::string_view host, int port) {
  std::string text = escaped(ByteView(host));
  if (host.find(':') != std::string_view::npos) text = '[' + text + ']';
  return text + ':' + std::to_string(port);
}

/// The address of a UNIX socket with a name. Throws InvalidAddressError; `action` is a verb for its
/// text.
inline Address checkedUnixPath(std::string path, const char* action) {
  if (path.empty()) throw InvalidAddressError(std::string("cannot ") + action + " a UNIX socket without a path");
  return Address::unixPath(std::move(path));
}

}  // namespace teasel::detail
