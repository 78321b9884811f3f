#include <teasel/drivers/signals.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>
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
static_assert(std::atomic<int>::is_always_lock_free, "the handler may not lock");

extern "C" void teaselOnSignal(int signal) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A write that fails because the pipe is full loses nothing: the thread has enough to read.
  [[maybe_unused]] const ssize_t written = ::write(pipeEnd.load(), &byte, 1);
  errno = saved;
}

}  // namespace

struct SignalWatch::State {
  int pipe[2] = {-1, -1};
  std::vector<std::pair<int, struct sigaction>> previous;
  UniqueFunction<void(int)> callback;
  std::thread thread;

  void run() {
    unsigned char signal = 0;
    for (ssize_t count = 1; count > 0 || errno == EINTR;) {
      count = ::read(pipe[0], &signal, 1);
      if (count == 1 && signal == 0) return;
      if (count == 1) callback(signal);
      else if (count == 0) return;
    }
  }
};

SignalWatch::SignalWatch(std::initializer_list<int> signals, UniqueFunction<void(int)> callback, Again again)
    : state_(std::make_unique<State>()) {
  state_->callback = std::move(callback);
  if (openPipe(state_->pipe, Blocking::kYes) != 0) throw std::runtime_error("cannot watch for signals: " + errorText(errno));
  int none = -1;
  if (!pipeEnd.compare_exchange_strong(none, state_->pipe[1])) {
    for (const int end : state_->pipe) ::close(end);
    throw UsageError("another SignalWatch is alive: one per process");
  }
  static_cast<void>(::fcntl(state_->pipe[1], F_SETFL, O_NONBLOCK));
  state_->thread = std::thread([state = state_.get()] { state->run(); });
  for (const int signal : signals) {
    struct sigaction action = {};
    action.sa_handler = teaselOnSignal;
    action.sa_flags = SA_RESTART;
    if (again == Again::kUsualEffect) action.sa_flags |= static_cast<int>(SA_RESETHAND);
    struct sigaction before = {};
    if (::sigaction(signal, &action, &before) == 0) state_->previous.emplace_back(signal, before);
  }
}

SignalWatch::~SignalWatch() {
  for (const auto& [signal, before] : state_->previous) ::sigaction(signal, &before, nullptr);
  pipeEnd.store(-1);
  // Writing blocks again, so that the order to end arrives even if the pipe is full of signals.
  static_cast<void>(::fcntl(state_->pipe[1], F_SETFL, 0));
  const unsigned char end = 0;
  while (::write(state_->pipe[1], &end, 1) < 0 && errno == EINTR) {
  }
  state_->thread.join();
  for (const int descriptor : state_->pipe) ::close(descriptor);
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
