#pragma once

#include <string>
#include <vector>

#include "kind.hpp"
#include "serve.hpp"

namespace teasel::bench {

/// A way to write a server: a driver of Teasel's, a loop by hand, or a library.
struct Backend {
  std::string name;
  /// Serves until its process is killed. Throws std::runtime_error with the reason when it cannot.
  std::function<void(Kind kind, const Listening& listening)> serve;
  /// The library's name and version, or empty.
  std::string version;
  /// How many connections it can have; 0: as many as the process has descriptors.
  int mostConnections = 0;

  Serve of(Kind kind) const {
    return [=, run = serve](const Listening& listening) { run(kind, listening); };
  }
};

/// All that this program was built with: `teasel-DRIVER`, `raw-MECHANISM`, then libraries by name.
const std::vector<Backend>& backends();
/// Adds `liar` to them, a server that loses bytes (liar_server.hpp).
void addLiar();
/// The backends that this program was built without, because their library was not installed.
std::vector<std::string> absentBackends();
/// The backend of a name, or null.
const Backend* backendNamed(const std::string& name);

}  // namespace teasel::bench
