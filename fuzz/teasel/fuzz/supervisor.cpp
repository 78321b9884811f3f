#include <teasel/fuzz/supervisor.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/detail/commands.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/report.hpp>

namespace teasel::fuzz {

namespace {

enum State : std::uint8_t { kIdle, kRuns, kFails };

// libFuzzer's exit statuses.
constexpr int kTimedOut = 70, kOutOfMemory = 71, kInterrupted = 72;
constexpr const char* kUnknown = "crash: unknown";

std::atomic<pid_t> child{0};
std::atomic<int> passed{0};  // the last signal that went on to the child

constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

/// Passes a signal of another process on. One of the terminal has reached the child already.
void passOn(int number, siginfo_t* info, void*) {
  const int before = errno;
  if (info->si_code == SI_USER && child != 0) {
    passed = number;
    ::kill(child, number);
  }
  errno = before;
}

[[noreturn]] void failed(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

/// Both processes see it.
struct Supervisor::Shared {
  std::atomic<std::uint32_t> state;
  bool began;  // an input ran in that process
  std::uint32_t size;
  char oracle[256], fault[384];
  char bytes[kMaxInput];
};

Supervisor::Supervisor(const fakes::Scenario& scenario, Options options) : scenario_(scenario), options_(std::move(options)) {
  void* page = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) failed("mmap");
  shared_ = static_cast<Shared*>(page);  // zeros are its initial state
}

Supervisor::~Supervisor() { ::munmap(shared_, sizeof(Shared)); }

int Supervisor::run(const std::function<int()>& campaign) {
  std::fflush(nullptr);
  // Signals wait until it is known where they go.
  sigset_t passedOn, mask;
  ::sigemptyset(&passedOn);
  for (const int number : kPassedOn) ::sigaddset(&passedOn, number);
  ::pthread_sigmask(SIG_BLOCK, &passedOn, &mask);
  const pid_t parent = ::getpid(), made = ::fork();
  if (made == 0) {
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    std::exit(campaign());
  }
  struct sigaction action{}, before[std::size(kPassedOn)];
  action.sa_sigaction = passOn;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  for (std::size_t i = 0; i < std::size(kPassedOn); ++i) ::sigaction(kPassedOn[i], &action, &before[i]);
  child = std::max(made, 0);
  passed = 0;
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  if (made < 0) failed("fork");
  int status = 0;
  while (::waitpid(made, &status, 0) < 0 && errno == EINTR) {
  }
  child = 0;
  for (std::size_t i = 0; i < std::size(kPassedOn); ++i) ::sigaction(kPassedOn[i], &before[i], nullptr);
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (WIFSIGNALED(status) && WTERMSIG(status) == passed) return code;  // no input has ended it
  const bool found = shared_->state != kIdle || WIFSIGNALED(status) || code == kFoundStatus;
  // A process that only starts others, as libFuzzer does with -fork, leaves their reports to them.
  if (!found || !shared_->began || code == kInterrupted) return code;
  report(code);
  return code == 0 ? kFoundStatus : code;
}

void Supervisor::inputBegins(ByteView bytes) noexcept {
  shared_->began = true;
  shared_->size = static_cast<std::uint32_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(shared_->bytes, bytes.data(), std::min(bytes.size(), kMaxInput));
  shared_->state.store(kRuns, std::memory_order_relaxed);
}

void Supervisor::inputFails(std::string_view oracle, std::string_view fault) noexcept {
  shared_->oracle[oracle.copy(shared_->oracle, sizeof shared_->oracle - 1)] = '\0';
  shared_->fault[fault.copy(shared_->fault, sizeof shared_->fault - 1)] = '\0';
  shared_->state = kFails;
}

void Supervisor::inputEnds() noexcept { shared_->state.store(kIdle, std::memory_order_relaxed); }

void Supervisor::report(int status) const {
  if (shared_->size > kMaxInput) {
    std::fprintf(stderr, "\nteasel: the input that ended the campaign has %u bytes: too many for a tape\n", shared_->size);
    return;
  }
  const bool verdict = shared_->state == kFails;
  fakes::Tape tape;
  tape.target = options_.program.substr(options_.program.rfind('/') + 1);
  tape.scenario = scenario_.name();
  fakes::decode(ByteView(shared_->bytes, shared_->size), fakes::codecOf(scenario_), tape.play, tape.records);
  tape.oracle = verdict ? shared_->oracle : status == kTimedOut ? "hang" : status == kOutOfMemory ? "memory-limit" : kUnknown;
  fakes::ReplayOutcome outcome;
  // What took too much time or memory there would take it here again.
  const bool confirm = verdict || (status != kTimedOut && status != kOutOfMemory);
  if (confirm) {
    fakes::ForkedRunner fresh({.timeout = options_.timeout, .inputFile = {}});
    outcome = fresh.run(fakes::detail::jobOf(tape, true));
    if (!verdict && !outcome.ok()) tape.oracle = outcome.oracle;
  }
  const std::string file = (options_.findings.empty() ? std::string(".") : options_.findings) + "/" + fakes::tapeFileName(tape);
  tape.save(file);
  if (verdict) std::fprintf(stderr, "\nteasel: finding oracle=%s tape=%s\n", shared_->fault, file.c_str());
  else
    std::fprintf(stderr, "\nteasel: an input ended the campaign (%s, status %d) tape=%s\n", tape.oracle.c_str(), status,
                 file.c_str());
  const std::string program = fakes::shellWord(options_.program), replay = program + " replay " + fakes::shellWord(file);
  if (!confirm) {
    std::fprintf(stderr, "Next:\n  %s\n", replay.c_str());
    return;
  }
  std::string note = "not shrunk; " + program + " shrink " + fakes::shellWord(file) + " does that";
  std::string noTest;
  if (outcome.ok()) {
    outcome.oracle = tape.oracle;
    outcome.message = "it breaks nothing when it runs alone in a fresh process";
    noTest = fakes::kNotAlone;
    note.clear();
  } else if (outcome.oracle != tape.oracle) {
    note += "; in a fresh process it fails in another way";
  }
  std::fprintf(stderr, "%s\n", fakes::FailureReport{tape, outcome, replay, note, noTest}.text().c_str());
}

}  // namespace teasel::fuzz
