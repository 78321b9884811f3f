#pragma once

#include <memory>
#include <string>

#include "../echo/server_process.hpp"
#include "../servers/backends.hpp"

namespace teasel::bench {

/// A backend that is measured: its server of one kind, in a fresh program of its own (this one,
/// started with --serve), so that its memory is only its own.
class Subject {
 public:
  /// Throws Skip with the reason when the backend cannot run.
  Subject(const Backend& backend, Kind kind) : backend_(&backend), kind_(kind) { restart(); }

  const Backend& backend() const noexcept { return *backend_; }
  std::uint16_t port() const noexcept { return server_->port(); }
  pid_t pid() const noexcept { return server_->pid(); }
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

 private:
  const Backend* backend_;
  Kind kind_;
  std::unique_ptr<ServerProcess> server_;
};

/// What a program does that was started as such a server: `--serve BACKEND KIND`. The port goes to
/// descriptor 3. Returns the exit status.
int serveAs(const std::string& backend, const std::string& kind);

}  // namespace teasel::bench
