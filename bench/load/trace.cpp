#include "trace.hpp"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>

#include "../raw/sockets.hpp"
#include "effort.hpp"

namespace teasel::bench {
namespace {

/// What the clients tell the tracer. In memory that two processes share.
struct Told {
  std::atomic<long> made{0};  // exchanges; -1: they failed
  std::array<char, 1024> why{};
  std::atomic<bool> skip{false};  // why is that of a Skip
};

class SharedTold {
 public:
  SharedTold() {
    void* memory = mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
    told_ = new (memory) Told;
  }
  SharedTold(const SharedTold&) = delete;
  SharedTold& operator=(const SharedTold&) = delete;
  ~SharedTold() { munmap(told_, sizeof(Told)); }
  Told* operator->() const { return told_; }

 private:
  Told* told_;
};

/// Makes exchanges in a process of its own, from the construction on.
class Clients {
 public:
  Clients(const MakeClients& make, const SharedTold& told) : pid_(must(fork(), "fork")) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      const std::unique_ptr<LoadConnections> clients = make();
      for (;;) told->made += clients->exchanges(static_cast<long>(clients->size()));
    } catch (const std::exception& error) {
      told->skip = dynamic_cast<const Skip*>(&error) != nullptr;
      std::strncpy(told->why.data(), error.what(), told->why.size() - 1);
      told->made = -1;
    }
    _exit(1);
  }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;
  ~Clients() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

/// Interrupts a wait in this process from time to time, so that it can look at something else.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction quiet{};
    quiet.sa_handler = [](int) {};
    sigaction(SIGALRM, &quiet, &before_);
    setTimer(100000);
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions() {
    setTimer(0);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  static void setTimer(suseconds_t microseconds) {
    const itimerval every{{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &every, nullptr);
  }
  struct sigaction before_{};
};

bool isWait(std::uint64_t call) {
  static constexpr std::array<std::uint64_t, 5> kWaits = {SYS_epoll_pwait, SYS_epoll_pwait2, SYS_ppoll, SYS_pselect6,
                                                          SYS_io_uring_enter};
#ifdef SYS_epoll_wait  // newer architectures have only the calls above
  if (call == SYS_epoll_wait || call == SYS_poll || call == SYS_select) return true;
#endif
  return std::ranges::find(kWaits, call) != kWaits.end();
}

/// The number of completions that the server's ring has had, if it has a ring.
std::optional<std::uint32_t> ringCompletions(pid_t server) {
  const std::string process = "/proc/" + std::to_string(server);
  DIR* folder = opendir((process + "/fd").c_str());
  if (folder == nullptr) return {};
  std::optional<std::uint32_t> found;
  while (const dirent* entry = readdir(folder)) {
    std::array<char, 64> target{};
    const std::string link = process + "/fd/" + entry->d_name;
    if (readlink(link.c_str(), target.data(), target.size() - 1) < 0 || std::strcmp(target.data(), "anon_inode:[io_uring]") != 0)
      continue;
    std::ifstream about(process + "/fdinfo/" + entry->d_name);
    for (std::string word; about >> word;)
      if (std::uint32_t tail = 0; word == "CqTail:" && about >> tail) found = tail;
  }
  closedir(folder);
  return found;
}

/// Stops a server at each of its system calls, and counts them.
class Tracer {
 public:
  explicit Tracer(ServerProcess& server) : server_(server) {
    if (ptrace(PTRACE_SEIZE, server.pid(), nullptr, PTRACE_O_TRACESYSGOOD) != 0)
      throw Skip(std::string("tracing system calls is not allowed here: ptrace: ") + std::strerror(errno));
    int status = 0;
    ptrace(PTRACE_INTERRUPT, server.pid(), nullptr, nullptr);
    waitpid(server.pid(), &status, 0);
  }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() {
    const pid_t pid = server_.pid();
    if (pid < 0) return;
    // Only one that stands still can be let go.
    if (int status = 0; !stopped_ && ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0 && waitpid(pid, &status, 0) == pid) {
      if (!WIFSTOPPED(status)) {
        server_.reaped(status);
        return;
      }
      signal_ = signalOf(status);
    }
    ptrace(PTRACE_DETACH, pid, nullptr, signal_);
  }

  /// Lets the server go on to its next stop, or to the next interruption.
  void step() {
    const pid_t pid = server_.pid();
    if (stopped_ && ptrace(PTRACE_SYSCALL, pid, nullptr, signal_) != 0) throw std::runtime_error("the traced server has died");
    int status = 0;
    stopped_ = waitpid(pid, &status, 0) == pid;
    if (!stopped_) return;
    if (!WIFSTOPPED(status)) {
      server_.reaped(status);
      throw std::runtime_error(server_.ended());
    }
    signal_ = signalOf(status);
    if (isCall(status)) systemCall(pid);
  }
  long calls = 0, waits = 0;
  std::int64_t returned = 0;

 private:
  static bool isCall(int status) { return WSTOPSIG(status) == (SIGTRAP | 0x80); }
  /// A signal that is on its way to the server must reach it: it may be its end.
  static int signalOf(int status) { return isCall(status) || status >> 16 != 0 ? 0 : WSTOPSIG(status); }
  void systemCall(pid_t pid) {
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0)
      throw Skip("this kernel's ptrace tells nothing of system calls");
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      ++calls;
      waiting_ = isWait(info.entry.nr);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && waiting_) {
      ++waits;
      if (info.exit.rval > 0) returned += info.exit.rval;
      waiting_ = false;
    }
  }

  ServerProcess& server_;
  bool stopped_ = true;
  int signal_ = 0;
  bool waiting_ = false;
};

}  // namespace

Traced trace(Subject& subject, const MakeClients& makeClients, long warmUp, long count) {
  const SharedTold told;
  Tracer tracer(subject.process());
  const Interruptions interruptions;
  const Clients clients(makeClients, told);
  const auto until = [&](long many) {
    while (told->made >= 0 && told->made < many) tracer.step();
    if (told->made >= 0) return;
    if (told->skip) throw Skip(told->why.data());
    throw std::runtime_error(told->why.data());
  };
  until(warmUp);
  tracer.calls = tracer.waits = 0;
  tracer.returned = 0;
  const long begin = told->made;
  const pid_t server = subject.process().pid();
  const std::optional<std::uint32_t> ringBefore = ringCompletions(server);
  until(begin + count);
  const std::optional<std::uint32_t> ringAfter = ringCompletions(server);
  const double completions = ringBefore && ringAfter ? *ringAfter - *ringBefore : static_cast<double>(tracer.returned);
  return {static_cast<double>(tracer.calls) / static_cast<double>(told->made - begin),
          completions / static_cast<double>(std::max(tracer.waits, 1L))};
}

}  // namespace teasel::bench
