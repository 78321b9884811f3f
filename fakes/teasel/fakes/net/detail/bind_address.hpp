#pragma once

#include <teasel/fakes/net/network.hpp>

namespace teasel::fakes::detail {

/// Whether `host` may connect to `to` from `bind`: from any address if that is none, else from one
/// that is its own and of the same family. A socket of one family cannot be bound to an address of
/// the other.
inline bool mayConnectFrom(std::uint8_t host, const Address& bind, const Address& to) noexcept {
  if (bind.family() == Address::Family::kNone) return true;
  return bind.family() == to.family() && Network::ownAddress(host, bind);
}

}  // namespace teasel::fakes::detail
