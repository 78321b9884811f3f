#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server_process.hpp"

namespace teasel::bench {

/// A server that is measured, in a fresh program of its own (this one, started anew), so that its
/// memory is only its own.
class Subject {
 public:
  /// `arguments` are those of the program, which then calls serveForParent. Throws Skip with the
  /// reason when the server cannot run.
  explicit Subject(std::vector<std::string> arguments) : arguments_(std::move(arguments)) { restart(); }

  std::uint16_t port() const noexcept { return server_->port(); }
  ServerProcess& process() noexcept { return *server_; }
  void restart();
  /// Waits until the server does nothing more, at most a second.
  void settle() const;
  /// CPU time of the server in microseconds.
  double cpu() const { return server_->cpu() / 1e3; }
  /// Microseconds of server CPU that `work` takes, with what the server does after it.
  template <class Work>
  double cpuOf(Work&& work) {
    settle();
    const double before = cpu();
    work();
    settle();
    return cpu() - before;
  }
  /// Bytes of the server that are in memory.
  double residentBytes() const;

  /// What people must know of the figures. Whoever measures says it; `collect` reports it.
  std::string note;

 private:
  std::vector<std::string> arguments_;
  std::unique_ptr<ServerProcess> server_;
};

}  // namespace teasel::bench
