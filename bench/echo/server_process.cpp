#include "server_process.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "../harness/rows.hpp"
#include "../raw/sockets.hpp"

namespace teasel::bench {
namespace {

void say(int pipe, const std::string& line) {
  if (write(pipe, line.data(), line.size()) < 0) _exit(3);
}

[[noreturn]] void child(const Serve& serve, int pipe, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(3);  // the parent died before the call of prctl
  try {
    serve([&](std::uint16_t port) { say(pipe, "port " + std::to_string(port) + '\n'); });
    say(pipe, "it stopped serving\n");
  } catch (const std::exception& error) {
    say(pipe, std::string(error.what()) + '\n');
  }
  _exit(2);
}

std::string readLine(int pipe) {
  std::string line;
  char c = 0;
  while (read(pipe, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

ServerProcess::ServerProcess(const Serve& serve) {
  int ends[2];
  must(pipe(ends), "pipe");
  const pid_t parent = getpid();
  pid_ = must(fork(), "fork");
  if (pid_ == 0) {
    must(dup2(ends[1], 3), "dup2");
    close_range(4, ~0U, 0);  // closes the sockets of the row's clients and the report
    child(serve, 3, parent);
  }
  close(ends[1]);
  const std::string answer = readLine(ends[0]);
  close(ends[0]);
  if (answer.rfind("port ", 0) == 0) port_ = static_cast<std::uint16_t>(std::atoi(answer.c_str() + 5));
  if (port_ != 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  throw Skip(answer.empty() ? "the server died before it listened" : answer);
}

ServerProcess::~ServerProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
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
