#include <teasel/reactor/threaded_resolver.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

/// A lookup in a thread. The question stays in the reactor's thread; the thread sees the name.
struct ThreadedResolver::Running {
  std::string name;
  std::vector<Address> addresses{};
};

ThreadedResolver::ThreadedResolver(Reactor& reactor, BlockingLookup lookUp)
    : Resolver(reactor), reactor_(reactor), lookUp_(lookUp), self_(std::make_shared<ThreadedResolver*>(this)) {}

ThreadedResolver::~ThreadedResolver() {
  *self_ = nullptr;
  beginSoon_.cancelIfActive();
}

void ThreadedResolver::ask(std::shared_ptr<Question> question) {
  // Those that were cancelled make room, so that the queue does not grow beyond the open questions.
  if (waiting_.size() >= openQuestions()) std::erase_if(waiting_, [](const auto& each) { return !each->pending(); });
  waiting_.push_back(std::move(question));
  begin();
}

void ThreadedResolver::abandoned() noexcept {
  // What still runs in threads was forgotten, and reports to nobody.
  *self_ = nullptr;
  self_ = std::make_shared<ThreadedResolver*>(this);
  waiting_.clear();
  running_.clear();
  beginSoon_ = {};
}

/// A lookup that nobody waits for any more makes room for another. It begins in a later turn: this
/// may run inside anything.
void ThreadedResolver::over() noexcept {
  if (waiting_.empty() || beginSoon_.active() || !mayBegin()) return;
  try {
    beginSoon_ = clock().callLater(Duration::zero(), [this] { begin(); });
  } catch (const std::bad_alloc&) {
    return;  // the end of the next lookup begins another
  }
}

bool ThreadedResolver::mayBegin() const noexcept {
  if (running_.size() >= kMostRunning) return false;
  const auto waitedFor = std::count_if(running_.begin(), running_.end(), [](const auto& each) { return each->pending(); });
  return static_cast<std::size_t>(waitedFor) < kMostAtOnce;
}

void ThreadedResolver::begin() {
  while (!waiting_.empty() && mayBegin()) {
    const std::shared_ptr<Question> question = std::move(waiting_.front());
    waiting_.pop_front();
    if (!question->pending()) continue;
    const auto job = std::make_shared<Running>(Running{question->name()});
    try {
      reactor_.callInThreadWithCallback(
          [self = self_, question, job](const Failure& failure) {
            if (*self != nullptr) (*self)->end(question, job->addresses, failure);
          },
          [lookUp = lookUp_, job] { job->addresses = lookUp(job->name); });
    } catch (const std::exception& error) {
      // No thread, too many calls in threads, or the reactor has been shut down. It is told later,
      // because this may run inside resolve().
      clock().callLater(Duration::zero(), [question, why = Failure(DNSLookupError("cannot resolve " + question->name() + ": " +
                                                                                  error.what()))] { question->fail(why); });
      continue;
    }
    running_.push_back(question);
  }
}

void ThreadedResolver::end(const std::shared_ptr<Question>& question, const std::vector<Address>& addresses,
                           const Failure& failure) {
  std::erase(running_, question);
  // First: what the answer does may throw.
  begin();
  if (!failure) question->answer(addresses);
  else if (failure.check<DNSLookupError>() != nullptr) question->fail(failure);
  else question->fail(Failure(DNSLookupError("cannot resolve " + question->name() + ": " + failure.what()), Site{}));
}

}  // namespace teasel
