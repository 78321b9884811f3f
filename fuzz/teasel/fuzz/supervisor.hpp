#pragma once

#include <functional>
#include <string>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::fuzz {

/// Runs a campaign in a child process. When an input ends that process, by a verdict or by any
/// death, the supervisor saves the input as a tape, runs it once in a process in which nothing ran
/// before, and prints the report and the next command. libFuzzer alone leaves a file crash-HASH.
///
/// The input is known after any death, because the campaign puts each one into shared memory before
/// it runs. There is one supervisor in a process. On Linux the child does not outlive it.
class Supervisor {
 public:
  struct Options {
    std::string program;   ///< as the caller wrote it, for the commands that are printed
    std::string findings;  ///< the folder for tapes; empty: the current one
    /// Of the run that confirms a death.
    Duration timeout = std::chrono::seconds(10);
  };
  /// The longest input that is saved; of a longer one the report says that it is not.
  static constexpr std::size_t kMaxInput = std::size_t{4} << 20;
  /// The exit status when an input ended the campaign with status 0: that of libFuzzer's findings.
  static constexpr int kFoundStatus = 77;

  /// `scenario` must outlive the supervisor. Throws std::system_error when there is no memory.
  Supervisor(const fakes::Scenario& scenario, Options options);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  /// Runs `campaign` in a child and returns the child's exit status, 128 and the number of the
  /// signal that killed it, or kFoundStatus. Signals that other processes send to this one (SIGINT,
  /// SIGTERM, SIGHUP, SIGUSR1, SIGUSR2) go on to the child. Reports go to standard error. Throws
  /// std::system_error when no child can be made.
  int run(const std::function<int()>& campaign);

  // The campaign calls these, in the child.

  /// An input begins to run. This copies it, and costs no more than that.
  void inputBegins(ByteView bytes) noexcept;
  /// It has a verdict of this oracle and this fault (Verdict::fault). The campaign then ends the
  /// process.
  void inputFails(std::string_view oracle, std::string_view fault) noexcept;
  /// It has run.
  void inputEnds() noexcept;

 private:
  struct Shared;
  void report(int status) const;

  const fakes::Scenario& scenario_;
  const Options options_;
  Shared* shared_;
};

}  // namespace teasel::fuzz
