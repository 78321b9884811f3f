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
/// throws UsageError, or TapeError, for what pack did not make.
///
/// A job is a line "job SEED|- play|draw diagram|- [BUDGET SITE...]" and a tape. An outcome is a
/// line of numbers - trace hash, unused, clamped, skipped, runs, and the sizes of what follows:
/// oracle, signature, message, diagram, tape.
std::string pack(const ReplayJob& job);
ReplayJob unpackJob(std::string_view bytes);
std::string pack(const ReplayOutcome& outcome);
ReplayOutcome unpackOutcome(std::string_view bytes);

/// Who runs jobs.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual ReplayOutcome run(const ReplayJob& job) = 0;
};

/// Runs jobs in a child of this process: a crash ("crash: heap-use-after-free", "crash: SIGSEGV")
/// and a run that does not end ("hang") are outcomes like others, with the draws made so far.
/// Processes stay until they die.
class ForkedRunner final : public Runner {
 public:
  struct Options {
    Duration timeout = std::chrono::seconds(10);
    std::string inputFile;  ///< each job is written there before it runs, if it is not empty
    /// Runs a job, in the child; null is Replayer::run. For an engine whose scenarios fail in ways
    /// of its own.
    ReplayOutcome (*run)(Replayer& replayer, const ReplayJob& job) = nullptr;
  };
  ForkedRunner() : ForkedRunner(Options()) {}
  explicit ForkedRunner(Options options);
  ReplayOutcome run(const ReplayJob& job) override;
  /// The next job meets a fresh process.
  void renew() noexcept { worker_.renew(); }

 private:
  Options options_;
  Worker worker_;
};

/// Runs jobs in `program serve ...`, with the sanitizers' symbolisation off: for shrinking, where a
/// crash that is to be symbolised takes twenty times as long.
class ServeClient final : public Runner {
 public:
  /// Throws std::system_error when it cannot be started.
  ServeClient(const std::string& program, std::vector<std::string> arguments);
  ~ServeClient() override;
  /// Throws UsageError with what the program said last when it has ended.
  ReplayOutcome run(const ReplayJob& job) override;

 private:
  int process_ = -1, to_ = -1, from_ = -1;
};

/// Serve mode: reads jobs from `in` and answers with outcomes on `out` until the end of file. A
/// message is its size in decimal, a newline, and its bytes. Returns the exit status.
int serve(int in, int out, Runner& runner);

/// A file of this process for jobs, in the folder for temporary files.
std::string serveInputFile();

namespace detail {
bool readMessage(int fd, std::string& message);
bool writeMessage(int fd, std::string_view message);
/// "heap-use-after-free", "check failed: ...", "SIGSEGV": what killed a child, from its last words
/// and standard error.
std::string crashKind(const Worker::Reply& reply);
}  // namespace detail

}  // namespace teasel::fakes
