#pragma once

#include <string>

#include "server_process.hpp"

namespace teasel::bench {

/// Teasel's echo server as a newcomer would write it - `dataReceived` writes what it got - on the
/// named driver.
Serve teaselEcho(const std::string& driver);

}  // namespace teasel::bench
