#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/detail/serve_worker.hpp>
#include <teasel/fakes/program/replay.hpp>

namespace teasel::fakes {

/// Jobs and outcomes as bytes, the same in the pipes of this process and in serve mode. unpack
/// throws UsageError or TapeError for bytes that pack did not make.
///
/// A job is a line "job SEED|- play|draw diagram|- [BUDGET SITE...]" and a tape. An outcome is a
/// line of numbers (trace hash, unused, clamped, skipped, heard, runs, what a counted bound
/// measured and allowed with its margin or three zeros, and five sizes) and then the parts of these
/// sizes: oracle, signature, message, diagram, tape.
std::string pack(const ReplayJob& job);
ReplayJob unpackJob(std::string_view bytes);
std::string pack(const ReplayOutcome& outcome);
ReplayOutcome unpackOutcome(std::string_view bytes);

/// Runs jobs.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual ReplayOutcome run(const ReplayJob& job) = 0;
};

/// Runs jobs in a child of this process. A crash ("crash: heap-use-after-free", "crash: SIGSEGV")
/// and a run that does not end ("hang") are outcomes like others, with the draws that were made so
/// far. A child stays until it dies.
class ForkedRunner final : public Runner {
 public:
  struct Options {
    Duration timeout = std::chrono::seconds(10);
    std::string inputFile;  ///< if not empty, each job is written there before it runs
    /// Runs a job, in the child; null stands for Replayer::run. It is for an engine whose scenarios
    /// fail in ways of its own.
    ReplayOutcome (*run)(Replayer& replayer, const ReplayJob& job) = nullptr;
  };
  ForkedRunner() : ForkedRunner(Options()) {}
  explicit ForkedRunner(Options options);
  ReplayOutcome run(const ReplayJob& job) override;
  /// Starts the child now: it has not seen what happens in this process from here on.
  void prime() { worker_.prime(); }
  /// Ends the child, so that the next job gets a fresh process.
  void renew() noexcept { worker_.renew(); }

 private:
  Options options_;
  Worker worker_;
};

/// Runs jobs in `program serve ...`, and lets its sanitizers print no symbols: a crash with symbols
/// takes twenty times as long, which matters in shrinking.
class ServeClient final : public Runner {
 public:
  /// Throws std::system_error when it cannot be started.
  ServeClient(const std::string& program, std::vector<std::string> arguments);
  ~ServeClient() override;
  /// Throws UsageError when the program has ended.
  ReplayOutcome run(const ReplayJob& job) override;

 private:
  int process_ = -1, to_ = -1, from_ = -1;
};

/// Serve mode: reads jobs from `in` and writes outcomes to `out` until the end of file. A message
/// is its size in decimal, a newline, and its bytes. Returns the exit status.
int serve(int in, int out, Runner& runner);

/// The path of a file for the jobs of this process, in the folder for temporary files.
std::string serveInputFile();

namespace detail {
bool readMessage(int fd, std::string& message);
bool writeMessage(int fd, std::string_view message);
/// What killed a child, from its last words and its standard error: "heap-use-after-free", "check
/// failed: ...", "SIGSEGV".
std::string crashKind(const Worker::Reply& reply);
}  // namespace detail

}  // namespace teasel::fakes
