#pragma once

#include <string>
#include <vector>

#include "../echo/server_process.hpp"

/// Echo servers on other networking libraries, each written as its own documentation teaches: what
/// a reader who knows one of them wants to compare with. Built with those that are installed.

namespace teasel::bench {

struct Peer {
  std::string name;
  Serve serve;
};

/// Those that this program was built with, by name.
std::vector<Peer> peers();

void serveAsio(const Listening& listening);
void serveLibev(const Listening& listening);
void serveLibevent(const Listening& listening);
void serveLibuv(const Listening& listening);

}  // namespace teasel::bench
