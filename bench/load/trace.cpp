#include "trace.hpp"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
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

#include "../harness/rows.hpp"
#include "../raw/sockets.hpp"
#include "client.hpp"

namespace teasel::bench {
namespace {

/// Round trips that the clients have made; -1 when they failed. Shared by two processes.
using Made = std::atomic<long>;

class SharedMade {
 public:
  SharedMade() {
    void* memory = mmap(nullptr, sizeof(Made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
    made_ = new (memory) Made(0);
  }
  SharedMade(const SharedMade&) = delete;
  SharedMade& operator=(const SharedMade&) = delete;
  ~SharedMade() { munmap(made_, sizeof(Made)); }
  Made& operator*() const { return *made_; }

 private:
  Made* made_;
};

/// Makes round trips in a process of its own, from the construction on.
class Clients {
 public:
  Clients(std::uint16_t port, int connections, std::size_t bytes, const SharedMade& made) : pid_(must(fork(), "fork")) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      LoadClient client(port, connections);
      for (;;) *made += client.roundTrips(bytes, connections);
    } catch (const std::exception&) {
      *made = -1;
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
  explicit Tracer(pid_t server) : server_(server) {
    if (ptrace(PTRACE_SEIZE, server, nullptr, PTRACE_O_TRACESYSGOOD) != 0)
      throw Skip(std::string("tracing system calls is not allowed here: ptrace: ") + std::strerror(errno));
    int status = 0;
    ptrace(PTRACE_INTERRUPT, server, nullptr, nullptr);
    waitpid(server, &status, 0);
  }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() { ptrace(PTRACE_DETACH, server_, nullptr, nullptr); }

  void step() {
    if (ptrace(PTRACE_SYSCALL, server_, nullptr, nullptr) != 0) throw std::runtime_error("the traced server has died");
    int status = 0;
    waitpid(server_, &status, 0);
    if (!WIFSTOPPED(status)) throw std::runtime_error("the traced server has ended");
    if (WSTOPSIG(status) != (SIGTRAP | 0x80)) return;
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, server_, sizeof info, &info) <= 0)
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
  long calls = 0, waits = 0;
  std::int64_t returned = 0;

 private:
  pid_t server_;
  bool waiting_ = false;
};

}  // namespace

Traced trace(const Subject& subject, int connections, std::size_t bytes, long roundTrips) {
  const SharedMade made;
  Tracer tracer(subject.pid());
  const Clients clients(subject.port(), connections, bytes, made);
  const auto until = [&](long count) {
    while (*made >= 0 && *made < count) tracer.step();
    if (*made < 0) throw std::runtime_error("the clients of the traced server failed");
  };
  until(4L * connections);
  tracer.calls = tracer.waits = 0;
  tracer.returned = 0;
  const long begin = *made;
  const std::optional<std::uint32_t> ringBefore = ringCompletions(subject.pid());
  until(begin + std::max(roundTrips, 4L * connections));
  const std::optional<std::uint32_t> ringAfter = ringCompletions(subject.pid());
  const double completions = ringBefore && ringAfter ? *ringAfter - *ringBefore : static_cast<double>(tracer.returned);
  return {static_cast<double>(tracer.calls) / static_cast<double>(*made - begin),
          completions / static_cast<double>(std::max(tracer.waits, 1L))};
}

}  // namespace teasel::bench
