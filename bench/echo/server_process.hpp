#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "../raw/echo_loops.hpp"

namespace teasel::bench {

/// A server: serves until its process is killed, tells `listening` its port first; throws when it
/// cannot run here.
using Serve = std::function<void(const Listening& listening)>;

/// A server in a process of its own, so that its CPU time is told apart from its client's. Killed
/// in the destructor.
class ServerProcess {
 public:
  /// Starts it and waits until it listens; throws Skip with the server's own words when it cannot.
  explicit ServerProcess(const Serve& serve);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  /// CPU time that the server has used so far, all threads, user and system, in nanoseconds.
  double cpu() const;

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

/// Runs this process, and those that it starts from now on, on one core: client and server take
/// turns there, so that what is measured is the server's work and not the waking of another
/// (virtual) core.
void stayOnOneCore();

}  // namespace teasel::bench
