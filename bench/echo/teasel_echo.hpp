#pragma once

#include <string>

#include "server_process.hpp"

namespace teasel::bench {

/// Runs Teasel's echo server on the named driver. The server is written as a newcomer would write
/// it: `dataReceived` writes what it got.
Serve teaselEcho(const std::string& driver);
/// The same on a UNIX socket, for PingClient with Over::kUnix.
Serve teaselUnixEcho(const std::string& driver);

}  // namespace teasel::bench
