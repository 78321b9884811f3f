#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <teasel/fakes/world/world.hpp>
#include <teasel/props/harness.hpp>

/// The checks that every target of a framing protocol makes.

namespace teasel::targets {

/// The subjects of one protocol (servers.hpp). All derive from teasel::Framing.
struct Kinds {
  props::Subject busy;   ///< a Server or a Client
  props::Subject quiet;  ///< a Quiet
  /// Whether `bytes`, all that an end sent before it closed in order, are whole messages.
  bool (*whole)(ByteView bytes) = nullptr;
};

/// Runs a server in the world with all the world's choices and watches it, then checks the
/// properties. Returns true if there is no verdict.
bool checkServer(fakes::World& world, const Kinds& kinds);

/// Runs clients of a server that the input plays. One client connects at once; application action 0
/// connects another. Then checks the properties on clients that the peers connect to, as to a
/// server. Returns the clients; they live until their world is reset.
std::vector<std::shared_ptr<Protocol>> checkClient(fakes::World& world, const Kinds& kinds);

}  // namespace teasel::targets
