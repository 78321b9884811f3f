#include "subject.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "../harness/rows.hpp"

namespace teasel::bench {

void Subject::restart() {
  server_.reset();
  server_ = std::make_unique<ServerProcess>([this](const Listening&) {
    const std::string kind = std::to_string(static_cast<int>(kind_));
    execl("/proc/self/exe", "teasel_peers", "--serve", backend_->name.c_str(), kind.c_str(), nullptr);
    throw std::runtime_error("the server's program cannot be started");
  });
}

void Subject::settle() const {
  double before = cpu();
  const int enough = effort().smoke ? 1 : 2;
  for (int quiet = 0, tries = 0; quiet < enough && tries < 500; ++tries) {
    usleep(1000);
    const double now = cpu();
    quiet = now == before ? quiet + 1 : 0;
    before = now;
  }
}

double Subject::residentBytes() const {
  std::ifstream file("/proc/" + std::to_string(pid()) + "/smaps_rollup");
  for (std::string word; file >> word;) {
    double kibibytes = 0;
    if (word == "Rss:" && file >> kibibytes) return kibibytes * 1024;
  }
  throw std::runtime_error("the kernel does not tell how much memory the server has (smaps_rollup)");
}

int serveAs(const std::string& backend, const std::string& kind) {
  const auto say = [](const std::string& line) {
    if (write(3, line.data(), line.size()) < 0) std::cerr << line;
  };
  try {
    const Backend* found = backendNamed(backend);
    if (found == nullptr) throw std::runtime_error("there is no backend " + backend);
    found->serve(static_cast<Kind>(std::atoi(kind.c_str())),
                 [&](std::uint16_t port) { say("port " + std::to_string(port) + '\n'); });
    throw std::runtime_error("it stopped serving");
  } catch (const std::exception& error) {
    say(error.what() + std::string("\n"));
  }
  return 2;
}

}  // namespace teasel::bench
