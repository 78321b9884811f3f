#include "server_process.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>

#include "../raw/sockets.hpp"
#include "effort.hpp"

namespace teasel::bench {
namespace {

constexpr int kPipe = 3;

[[noreturn]] void child(const Serve& serve, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(3);  // the parent died before the call of prctl
  _exit(serveForParent(serve));
}

/// A line from a pipe. `timedOut` says whether nothing came for effort().patience.
std::string readLine(int pipe, bool& timedOut) {
  std::string line;
  pollfd readable{pipe, POLLIN, 0};
  for (char c = 0;;) {
    const int ready = poll(&readable, 1, effort().patience);
    if (ready < 0 && errno == EINTR) continue;
    timedOut = ready == 0;
    if (timedOut || read(pipe, &c, 1) != 1 || c == '\n') return line;
    line += c;
  }
}

/// What a status of waitpid says. Empty when it is no end.
std::string endOf(int status) {
  if (WIFSIGNALED(status))
    return "the server died of signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ')';
  if (WIFEXITED(status)) return "the server ended with status " + std::to_string(WEXITSTATUS(status));
  return {};
}

}  // namespace

int serveForParent(const Serve& serve) {
  const auto say = [](std::string line) {
    std::ranges::replace(line, '\n', ' ');
    line += '\n';
    if (write(kPipe, line.data(), line.size()) < 0) std::cerr << line;
  };
  try {
    serve([&](std::uint16_t port) { say("port " + std::to_string(port)); });
    say("it stopped serving");
  } catch (const std::exception& error) {
    say(error.what());
  }
  return 2;
}

ServerProcess::ServerProcess(const Serve& serve) {
  int ends[2];
  must(pipe(ends), "pipe");
  const pid_t parent = getpid();
  pid_ = must(fork(), "fork");
  if (pid_ == 0) {
    must(dup2(ends[1], kPipe), "dup2");
    dup2(STDERR_FILENO, STDOUT_FILENO);  // what the server prints is no part of the report
    close_range(kPipe + 1, ~0U, 0);      // closes the sockets of the row's clients and the report
    child(serve, parent);
  }
  close(ends[1]);
  bool timedOut = false;
  std::string answer = readLine(ends[0], timedOut);
  close(ends[0]);
  if (answer.rfind("port ", 0) == 0) port_ = static_cast<std::uint16_t>(std::atoi(answer.c_str() + 5));
  if (port_ != 0) return;
  if (timedOut) answer = "the server did not listen within " + std::to_string(effort().patience / 1000) + " s";
  else if (answer.empty()) answer = ended() + " before it listened";
  killNow();
  throw Skip(answer);
}

ServerProcess::~ServerProcess() { killNow(); }

void ServerProcess::killNow() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  // One that is traced may report a stop first.
  for (int status = 0; waitpid(pid_, &status, 0) == pid_ && endOf(status).empty();) continue;
  pid_ = -1;
}

void ServerProcess::reaped(int status) {
  end_ = endOf(status);
  pid_ = -1;
}

std::string ServerProcess::ended(int tries) {
  constexpr useconds_t kPause = 10000;
  for (; pid_ >= 0 && tries > 0; --tries) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_ && !endOf(status).empty()) reaped(status);
    else if (tries > 1) usleep(kPause);
  }
  return end_;
}

double ServerProcess::cpu() const {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0)
    throw std::runtime_error("the server's CPU clock cannot be read: it has died");
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

double ServerProcess::resident() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("Rss:", 0) == 0) return std::atof(line.c_str() + 4) * 1024;
  throw Skip("the system does not tell how much memory a process has (/proc/PID/smaps_rollup)");
}

void stayOnOneCore() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int core = CPU_SETSIZE; core-- > 0;) {
    if (!CPU_ISSET(core, &allowed)) continue;
    CPU_ZERO(&allowed);
    CPU_SET(core, &allowed);
    sched_setaffinity(0, sizeof allowed, &allowed);
    return;
  }
}

}  // namespace teasel::bench
