#include "subject.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "effort.hpp"

namespace teasel::bench {

void Subject::restart() {
  server_.reset();
  server_ = std::make_unique<ServerProcess>([this](const Listening&) {
    std::string name = "server";
    std::vector<char*> words = {name.data()};
    for (std::string& argument : arguments_) words.push_back(argument.data());
    words.push_back(nullptr);
    execv("/proc/self/exe", words.data());
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
  std::ifstream file("/proc/" + std::to_string(server_->pid()) + "/smaps_rollup");
  for (std::string word; file >> word;) {
    double kibibytes = 0;
    if (word == "Rss:" && file >> kibibytes) return kibibytes * 1024;
  }
  throw std::runtime_error("the kernel does not tell how much memory the server has (smaps_rollup)");
}

}  // namespace teasel::bench
