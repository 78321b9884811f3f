#pragma once

#include <memory>
#include <string>

#include <teasel/reactor/driver.hpp>

#include "kind.hpp"
#include "serve.hpp"

namespace teasel::bench {

/// The named driver, with the features that the command line chose.
std::unique_ptr<Driver> driverFor(const std::string& name);
/// Runs a server of Teasel's on the named driver. The echo is written as a newcomer would write it:
/// `dataReceived` writes what it got.
void serveTeasel(const std::string& driver, Kind kind, const Listening& listening);
/// An echo on a UNIX socket, for PingClient with Over::kUnix.
void serveTeaselUnix(const std::string& driver, const Listening& listening);

}  // namespace teasel::bench
