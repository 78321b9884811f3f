#include <teasel/drivers/signals.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::posix {

namespace {

std::atomic<int> pipeEnd{-1};
/// How often each signal came that the thread has not seen yet. The pipe only wakes the thread, so
/// a pipe that is full hides none.
std::atomic<int> arrived[NSIG];
static_assert(std::atomic<int>::is_always_lock_free, "the handler may not lock");

extern "C" void teaselOnSignal(int signal) {
  const int saved = errno;
  arrived[signal].fetch_add(1);
  // A write that fails because the pipe is full loses nothing: the thread has enough to read.
  [[maybe_unused]] const ssize_t written = ::write(pipeEnd.load(), "", 1);
  errno = saved;
}

}  // namespace

struct SignalWatch::State {
  int pipe[2] = {-1, -1};
  std::vector<std::pair<int, struct sigaction>> previous;
  UniqueFunction<void(int)> callback;
  std::atomic<bool> over{false};
  std::thread thread;

  void run() {
    unblock();
    char wakes[64];
    while (!over) {
      const ssize_t count = ::read(pipe[0], wakes, sizeof wakes);
      if (count < 0 && errno != EINTR) return;
      for (const auto& [signal, before] : previous)
        for (int times = arrived[signal].exchange(0); times > 0 && !over; --times) callback(signal);
    }
  }
  /// A process gets a signal if one of its threads does not block it.
  void unblock() const {
    sigset_t watched;
    ::sigemptyset(&watched);
    for (const auto& [signal, before] : previous) ::sigaddset(&watched, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &watched, nullptr);
  }
  void install(const std::vector<int>& signals, Again again) {
    for (const int signal : signals) {
      struct sigaction action = {};
      action.sa_handler = teaselOnSignal;
      action.sa_flags = SA_RESTART;
      if (again == Again::kUsualEffect) action.sa_flags |= static_cast<int>(SA_RESETHAND);
      struct sigaction before = {};
      if (signal <= 0 || signal >= NSIG) continue;
      arrived[signal] = 0;
      if (::sigaction(signal, &action, &before) == 0) previous.emplace_back(signal, before);
    }
  }
  void restore() const {
    for (const auto& [signal, before] : previous) ::sigaction(signal, &before, nullptr);
    pipeEnd.store(-1);
  }
};

SignalWatch::SignalWatch(const std::vector<int>& signals, UniqueFunction<void(int)> callback, Again again)
    : state_(std::make_unique<State>()) {
  state_->callback = std::move(callback);
  if (openPipe(state_->pipe, Blocking::kYes) != 0) throw std::runtime_error("cannot watch for signals: " + errorText(errno));
  int none = -1;
  if (!pipeEnd.compare_exchange_strong(none, state_->pipe[1])) {
    for (const int end : state_->pipe) ::close(end);
    throw UsageError("another SignalWatch is alive: one per process");
  }
  static_cast<void>(::fcntl(state_->pipe[1], F_SETFL, O_NONBLOCK));
  // The handlers come first: the thread unblocks the signals.
  state_->install(signals, again);
  try {
    state_->thread = std::thread([state = state_.get()] { state->run(); });
  } catch (const std::system_error& error) {
    state_->restore();
    for (const int end : state_->pipe) ::close(end);
    throw std::runtime_error(std::string("cannot watch for signals: ") + error.what());
  }
}

SignalWatch::~SignalWatch() {
  state_->restore();
  state_->over = true;
  // If the pipe is full, the thread has enough to read.
  while (::write(state_->pipe[1], "", 1) < 0 && errno == EINTR) {
  }
  state_->thread.join();
  for (const int descriptor : state_->pipe) ::close(descriptor);
}

bool signalIgnored(int signal) noexcept {
  struct sigaction now = {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void endBySignal(int signal) noexcept {
  struct sigaction usual = {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(signal, &usual, nullptr);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);  // for a signal that ends nobody
}

void ignoreBrokenPipes() noexcept {
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

}  // namespace teasel::posix
