#pragma once

#include <string>

#include "../servers/serve.hpp"
#include "registry.hpp"

namespace teasel::bench {

/// The name of the built-in benchmark that every other one is measured beside: an echo of 64 bytes.
inline constexpr const char* kPlainEcho = "plain-echo";
/// It.
const Registered& plainEcho();

/// Runs a benchmark's server on the named driver. Throws when it cannot run.
void serveBenchmark(const Benchmark& benchmark, const std::string& reactor, const Listening& listening);

}  // namespace teasel::bench
