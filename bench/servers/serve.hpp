#pragma once

#include <cstdint>
#include <functional>

namespace teasel::bench {

/// Gets the port on which a server listens.
using Listening = std::function<void(std::uint16_t port)>;

/// A server. It passes its port to `listening` and then serves until its process is killed. It
/// throws when it cannot run on this machine.
using Serve = std::function<void(const Listening& listening)>;

}  // namespace teasel::bench
