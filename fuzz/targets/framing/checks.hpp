#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <teasel/fakes/world/world.hpp>
#include <teasel/props/harness.hpp>

/// What every target of a framing protocol checks.

namespace teasel::targets {

/// The subjects of one protocol (servers.hpp). All derive from teasel::Framing.
struct Kinds {
  props::Subject busy;   ///< a Server or a Client
  props::Subject quiet;  ///< a Quiet
  /// Whether bytes are whole messages, of an end that closed in order.
  bool (*whole)(ByteView bytes) = nullptr;
};

/// A server in the world with all its choices, watched; then the properties. Returns whether there
/// is no verdict.
bool checkServer(fakes::World& world, const Kinds& kinds);

/// Clients of a server that the input plays: one connects at once, application action 0 connects
/// another. Then the properties, of a client that was connected to. Gives the clients, which live
/// until their world is reset.
std::vector<std::shared_ptr<Protocol>> checkClient(fakes::World& world, const Kinds& kinds);

}  // namespace teasel::targets
