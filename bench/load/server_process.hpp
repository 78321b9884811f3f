#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "../servers/serve.hpp"

namespace teasel::bench {

/// A server in a process of its own, so that its CPU time can be separated from its client's. The
/// destructor kills the process.
class ServerProcess {
 public:
  /// Starts the server and waits until it listens, at most effort().patience. Throws Skip with the
  /// server's own message when the server cannot run.
  explicit ServerProcess(const Serve& serve);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  /// CPU time that the server has used so far, in nanoseconds. It includes all threads, and both
  /// user and system time.
  double cpu() const;
  /// Bytes of memory that the server's process has resident now.
  double resident() const;
  /// How the server has ended ("the server died of signal 11 (Segmentation fault)"), or nothing
  /// while it lives. Whoever lost the server's connections asks: waits a moment for an end that is
  /// under way. Others look only once: `tries` is 1.
  std::string ended(int tries = 30);
  /// Says that somebody else has waited for the server, with this status of waitpid.
  void reaped(int status);

 private:
  void killNow();

  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::string end_;
};

/// The server's side of ServerProcess in a program that was started anew: runs `serve`, and says on
/// descriptor 3 where it listens, or why it cannot. Returns the exit status.
int serveForParent(const Serve& serve);

/// Runs this process, and the processes that it starts from now on, on one core. Client and server
/// then take turns on that core. The rows so measure the server's work, and not the time that it
/// takes to wake another (virtual) core.
void stayOnOneCore();

}  // namespace teasel::bench
