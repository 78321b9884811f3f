#pragma once

#include <vector>

#include <teasel/contract/bench.hpp>

namespace teasel::contract {

/// Every driver of this tree over loopback, and the simulated world in both of its modes.
std::vector<Arm> arms();
/// arms(), and the world with each protocol in a ProtocolWrapper.
std::vector<Arm> wrappedArms();
/// arms(), and FakeClock.
std::vector<Arm> clockArms();

/// Every driver of this tree, and the world in both of its modes, over UNIX sockets.
std::vector<Arm> unixArms();
/// wrappedArms(), and unixArms().
std::vector<Arm> streamArms();

}  // namespace teasel::contract
