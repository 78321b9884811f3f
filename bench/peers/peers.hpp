#pragma once

#include <string>
#include <vector>

#include "../echo/server_process.hpp"

/// Echo servers on other networking libraries, for readers who know one of these libraries and want
/// to compare. Each is written as the documentation of its library teaches. Only the servers whose
/// library is installed are built.

namespace teasel::bench {

struct Peer {
  std::string name;
  Serve serve;
};

/// The servers that this program was built with, by name.
std::vector<Peer> peers();

void serveAsio(const Listening& listening);
void serveLibev(const Listening& listening);
void serveLibevent(const Listening& listening);
void serveLibuv(const Listening& listening);

}  // namespace teasel::bench
