#include "syscall_count.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <new>

#include "../harness/rows.hpp"
#include "../raw/sockets.hpp"
#include "ping_client.hpp"

namespace teasel::bench {
namespace {

/// The client's progress. It is in memory that the client shares with the tracer.
struct Progress {
  std::atomic<long> roundTrips{0};
  std::atomic<bool> failed{false};
};

class SharedProgress {
 public:
  SharedProgress() {
    void* memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
    progress_ = new (memory) Progress;
  }
  SharedProgress(const SharedProgress&) = delete;
  SharedProgress& operator=(const SharedProgress&) = delete;
  ~SharedProgress() { munmap(progress_, sizeof(Progress)); }
  Progress* operator->() const { return progress_; }

 private:
  Progress* progress_;
};

/// Starts a process that makes round trips until it is killed.
pid_t startClient(std::uint16_t port, int connections, std::size_t bytes, const SharedProgress& progress) {
  const pid_t pid = must(fork(), "fork");
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    PingClient client(port, connections, bytes);
    for (;;) progress->roundTrips += client.roundTrips(connections);
  } catch (const std::exception&) {
    progress->failed = true;
  }
  _exit(1);
}

/// Lets the traced server run to its next stop. Returns true if it stopped at the entry into a
/// system call.
bool entersNext(pid_t server) {
  if (ptrace(PTRACE_SYSCALL, server, nullptr, nullptr) != 0) throw std::runtime_error("the traced server has died");
  int status = 0;
  waitpid(server, &status, 0);
  if (!WIFSTOPPED(status)) throw std::runtime_error("the traced server has ended");
  if (WSTOPSIG(status) != (SIGTRAP | 0x80)) return false;
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, server, sizeof info, &info) <= 0)
    throw Skip("this kernel's ptrace tells nothing of system calls");
  return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

double count(pid_t server, const SharedProgress& progress, long warmUp, long roundTrips) {
  while (progress->roundTrips < warmUp && !progress->failed) entersNext(server);
  const long begin = progress->roundTrips;
  long calls = 0, end = begin;
  for (; end < begin + roundTrips && !progress->failed; end = progress->roundTrips) calls += entersNext(server) ? 1 : 0;
  if (progress->failed) throw std::runtime_error("the client of the traced server failed");
  return static_cast<double>(calls) / static_cast<double>(end - begin);
}

void attach(pid_t server) {
  if (ptrace(PTRACE_SEIZE, server, nullptr, PTRACE_O_TRACESYSGOOD) != 0)
    throw Skip(std::string("tracing system calls is not allowed here: ptrace: ") + std::strerror(errno));
  int status = 0;
  ptrace(PTRACE_INTERRUPT, server, nullptr, nullptr);
  waitpid(server, &status, 0);
}

struct KillAtEnd {
  pid_t pid;
  ~KillAtEnd() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
};

}  // namespace

double syscallsPerRoundTrip(const Serve& serve, int connections, std::size_t bytes, long roundTrips) {
  ServerProcess server(serve);
  attach(server.pid());
  SharedProgress progress;
  KillAtEnd client{startClient(server.port(), connections, bytes, progress)};
  return count(server.pid(), progress, 4L * connections, std::max(roundTrips, 4L * connections));
}

}  // namespace teasel::bench
