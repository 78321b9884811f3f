#include <teasel/reactor/react.hpp>

#include <teasel/core/logger.hpp>
#include <teasel/reactor/detail/loss_watch.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("react");
}

/// The state of a MainCall. Main's Deferred keeps it as well: that may belong to a coroutine in
/// `main`.
class MainCall::State : public std::enable_shared_from_this<State> {
 public:
  State(Reactor& reactor, Body main) : reactor_(reactor), main_(std::move(main)) {}

  void call();
  void leave() noexcept;
  bool finished() const noexcept { return finished_; }
  int exitCode() const noexcept { return code_; }

 private:
  void lost();
  void finish(const Result<void>& result);
  void stopReactor();
  UniqueFunction<void()> whileAlive(void (State::*action)());
  void noteShutdown() { shuttingDown_ = true; }

  Reactor& reactor_;
  Body main_;
  bool finished_ = false;
  bool shuttingDown_ = false;  // the reactor is stopping or has stopped
  bool left_ = false;          // the MainCall is gone
  int code_ = 0;
  Reactor::TriggerId shutdown_ = 0, startup_ = 0;
  DelayedCall lossReport_;
};

MainCall::MainCall(Reactor& reactor, Body main) : state_(std::make_shared<State>(reactor, std::move(main))) {
  try {
    state_->call();
  } catch (...) {  // a verdict
    state_->leave();
    throw;
  }
}
MainCall::~MainCall() { state_->leave(); }
bool MainCall::finished() const noexcept { return state_->finished(); }
int MainCall::exitCode() const noexcept { return state_->exitCode(); }

UniqueFunction<void()> MainCall::State::whileAlive(void (State::*action)()) {
  return [state = weak_from_this(), action] {
    if (const std::shared_ptr<State> live = state.lock()) (*live.*action)();
  };
}

void MainCall::State::call() {
  using enum Reactor::Event;
  using enum Reactor::Phase;
  shutdown_ = reactor_.addSystemEventTrigger(kBefore, kShutdown, whileAlive(&State::noteShutdown));
  // In a callback, so that a handle that cannot be waited for is a failure.
  Deferred<void> given = succeed();
  given.addCallback([this] {
    Deferred<void> made = main_(reactor_);
    if (!made.hasResult()) {
      made.tapBoth(detail::LossWatch([state = weak_from_this()] {
        if (const std::shared_ptr<State> live = state.lock()) live->lost();
      }));
    }
    return made;
  });
  given.addBoth([state = shared_from_this()](Result<void> result) -> Result<void> {
    if (state->left_) return result;  // a failure will be reported as unhandled
    state->finish(result);
    return {};
  });
}

void MainCall::State::leave() noexcept {
  left_ = true;
  lossReport_.cancelIfActive();
  for (const Reactor::TriggerId trigger : {shutdown_, startup_}) reactor_.removeSystemEventTrigger(trigger);
}

/// Main's Deferred has died. This is called from a destructor, so the program ends in the next
/// turn.
void MainCall::State::lost() {
  if (left_ || finished_ || shuttingDown_) return;
  lossReport_ =
      reactor_.callLater(Duration::zero(), [this] { finish(Failure(ResultLost("main's Deferred died without a result"))); });
}

void MainCall::State::finish(const Result<void>& result) {
  finished_ = true;
  lossReport_.cancelIfActive();
  if (!result.ok()) {
    const Failure failure = result.failure();
    const SystemExit* exit = failure.check<SystemExit>();
    code_ = exit == nullptr ? 1 : exit->code();
    if (exit == nullptr) kLog.failure("main failed", failure);
  }
  if (shuttingDown_) return;
  if (reactor_.running()) return stopReactor();
  // It does not run yet. It runs for this program only, so it stops when it starts.
  using enum Reactor::Event;
  using enum Reactor::Phase;
  startup_ = reactor_.addSystemEventTrigger(kAfter, kStartup, whileAlive(&State::stopReactor));
}

void MainCall::State::stopReactor() {
  if (reactor_.running() && !reactor_.stopRequested()) reactor_.stop();
}

}  // namespace teasel
