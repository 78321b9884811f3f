#pragma once

#include <functional>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/program/detail/watchdog.hpp>

namespace teasel::fakes {

/// A child process, forked from this one, that answers requests one after the other. When a request
/// kills it, the reply says so, and the next request gets a new child.
class Worker {
 public:
  /// Runs in the child. Its result is the reply.
  using Body = std::function<std::string(const std::string& request)>;
  struct Options {
    Duration timeout = std::chrono::seconds(10);  ///< of real time, for one request
    /// how many bytes are kept of what the child prints on standard error
    std::size_t errorOutput = std::size_t{64} << 10;
  };
  struct Reply {
    std::string text;  ///< the result of the body
    bool died = false;
    bool hung = false;  ///< it did not end in time
    int signal = 0;     ///< the signal that killed it; 0: it exited by itself
    int exitStatus = 0;
    watchdog::LastWords words;
    std::string errorOutput;  ///< the end of what it printed on standard error for this request
  };

  explicit Worker(Body body) : Worker(std::move(body), Options()) {}
  Worker(Body body, Options options);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Sends a request and waits for the reply. Throws std::system_error when no process can be made.
  Reply ask(const std::string& request);
  /// Starts the child now, so that it is a copy of this process as it is now. Throws
  /// std::system_error when no process can be made.
  void prime() {
    if (child_ < 0) start();
  }
  /// Ends the child, so that the next request gets a fresh one.
  void renew() noexcept;
  /// How many children were started so far.
  std::size_t started() const noexcept { return started_; }

 private:
  void start();
  [[noreturn]] void serve(int in, int out);
  bool receive(std::string& all, Reply& reply);
  void takeErrorOutput(Reply& reply);
  void buryChild(Reply& reply, bool kill);

  Body body_;
  Options options_;
  int child_ = -1;
  int toChild_ = -1, fromChild_ = -1;
  int errors_ = -1;  // an unlinked file: standard error of all children
  std::size_t started_ = 0;
};

namespace detail {
/// Read and write exactly `size` bytes of a pipe; false when that fails.
bool readAll(int fd, void* data, std::size_t size) noexcept;
bool writeAll(int fd, const void* data, std::size_t size) noexcept;
}  // namespace detail

}  // namespace teasel::fakes
