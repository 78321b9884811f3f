#pragma once

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace teasel::examples::test {

/// A program that a test runs and talks to through pipes. No call here waits longer than
/// kPatienceMs.
class Program {
 public:
  static constexpr int kPatienceMs = 20'000;

  /// Starts `name`, one of the programs beside the test. Its standard output and standard error are
  /// read as one stream.
  Program(const std::string& name, std::vector<std::string> arguments) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) std::abort();
    arguments.insert(arguments.begin(), std::string(TEASEL_EXAMPLES_DIR) + "/" + name);
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], 0), dup2(out[1], 1), dup2(out[1], 2);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(in[0]), close(out[1]);
    in_ = in[1], out_ = out[0];
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (status_ == kRunning) kill(pid_, SIGKILL), waitpid(pid_, nullptr, 0);
    closeInput();
    close(out_);
  }

  /// Returns the next line of its output, without the end of line. Returns "<end>" after the last
  /// line, and "<late>" when none comes in time.
  std::string line() {
    for (;;) {
      if (const auto end = read_.find('\n'); end != std::string::npos) {
        const std::string text = read_.substr(0, end);
        read_.erase(0, end + 1);
        return text;
      }
      if (const char* why = readMore()) return why;
    }
  }
  /// Returns everything that it still prints until its end.
  std::string rest() {
    while (readMore() == nullptr) {
    }
    return std::exchange(read_, {});
  }
  void say(std::string_view text) {
    const std::string line = std::string(text) + '\n';
    if (write(in_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  }
  void closeInput() {
    if (in_ >= 0) close(std::exchange(in_, -1));
  }
  /// Sends what Ctrl-C sends.
  void interrupt() const { signal(SIGINT); }
  void signal(int number) const { kill(pid_, number); }
  pid_t pid() const { return pid_; }
  /// Waits for its end. Returns the exit status, or minus the signal that ended it, or kRunning
  /// when it does not end.
  int exitStatus() {
    for (int waited = 0; status_ == kRunning && waited < kPatienceMs; waited += 5) {
      int raw = 0;
      if (waitpid(pid_, &raw, WNOHANG) == pid_) status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw);
      else usleep(5000);
    }
    return status_;
  }
  static constexpr int kRunning = 1000;

 private:
  /// Reads more output. Returns null if there was some, and otherwise what line() answers.
  const char* readMore() {
    pollfd ready{out_, POLLIN, 0};
    if (poll(&ready, 1, kPatienceMs) <= 0) return "<late>";
    char buffer[4096];
    const ssize_t got = read(out_, buffer, sizeof buffer);
    if (got <= 0) return "<end>";
    read_.append(buffer, static_cast<std::size_t>(got));
    return nullptr;
  }
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, status_ = kRunning;
  std::string read_;
};

}  // namespace teasel::examples::test
