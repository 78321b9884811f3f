#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

class Resolver;

/// Whether a name is "localhost": in capitals or not, and with a dot at its end or not.
bool isLocalhost(std::string_view name) noexcept;

/// One question to a Resolver, as the resolver sees it: a name whose answer somebody waits for. It
/// is answered once, or cancelled; whatever comes after that is ignored. It belongs to the thread
/// of its Clock.
class Question {
 public:
  /// Gets either at least one address, in order of preference, or a DNSLookupError.
  using Answer = UniqueFunction<void(std::vector<Address> addresses, const Failure& failure)>;

  /// Resolver::resolve makes it.
  Question(Resolver& resolver, std::string name, std::uint16_t port, Answer answer);
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question() = default;

  const std::string& name() const noexcept { return name_; }
  /// Whether somebody still waits. A resolver can leave out the work for a question that does not.
  bool pending() const noexcept { return resolver_ != nullptr; }
  /// Answers. The ports of `addresses` do not matter: the caller gets the port that it asked for.
  /// Addresses that are neither IPv4 nor IPv6 and repeated ones are left out, and at most
  /// Resolver::kMaxAddresses are kept. If none is left, this is fail(DNSLookupError).
  void answer(const std::vector<Address>& addresses);
  /// Answers that the name cannot be resolved. `why` should be a DNSLookupError.
  void fail(Failure why);
  /// Keeps a timer of the resolver. It is cancelled when the question is over, and replaced by the
  /// next one.
  void setWork(DelayedCall call) {
    work_.cancelIfActive();
    work_ = std::move(call);
  }

 private:
  friend class Lookup;
  friend class Resolver;
  void finish();
  Answer leave() noexcept;

  Resolver* resolver_;  // null: answered, cancelled, or the resolver is gone
  std::string name_;
  std::uint16_t port_;
  Answer answer_;
  DelayedCall timer_, work_;
  std::vector<Address> addresses_;
  Failure failure_;
  bool asking_ = true;    // inside resolve: the answer must wait for a later turn
  bool settled_ = false;  // the answer is there and has not been given yet
};

/// A handle to a question, for the one who asked. Copies are handles to the same question. An empty
/// handle is to no question.
class Lookup {
 public:
  Lookup() noexcept = default;
  explicit Lookup(std::shared_ptr<Question> question) noexcept : question_(std::move(question)) {}
  /// Whether the answer is still to come.
  bool pending() const noexcept { return question_ != nullptr && question_->pending(); }
  /// Drops the question. Its answer function is destroyed here and never called. Does nothing when
  /// the answer has come. A resolver whose work has begun may go on with it for a while.
  void cancel();

 private:
  std::shared_ptr<Question> question_;
};

/// Turns host names into addresses. A driver brings the resolver of its reactor
/// (Driver::makeResolver): those of the kernel ask the system, the simulated world has names of its
/// own. Reactor::installResolver sets another one. The model is
/// twisted.internet.interfaces.IHostnameResolver.
///
/// A resolver of your own derives from it and overrides `ask`. IP literals, bad names, limits and
/// time-outs never reach it.
class Resolver {
 public:
  using Answer = Question::Answer;
  /// How long an answer may take: as much as Twisted gives it.
  static constexpr Duration kTimeout = std::chrono::seconds(60);
  /// How many addresses of an answer are kept.
  static constexpr std::size_t kMaxAddresses = 64;
  /// How many questions may be open at once.
  static constexpr std::size_t kMaxOpen = 10'000;
  /// How long a name may be, in bytes (RFC 1035). A dot at its end does not count.
  static constexpr std::size_t kMaxName = 253;

  /// `clock` is usually the reactor, and must outlive the resolver.
  explicit Resolver(Clock& clock) noexcept : clock_(clock) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// Drops the questions that are open: nobody is told.
  virtual ~Resolver();

  /// Asks for the addresses of `name`, each with `port`. Calls `answer` at most once, never inside
  /// this call: with addresses, or with a DNSLookupError. If nothing comes within `timeout`, that
  /// is a DNSTimeoutError; Duration::max() waits without end. An IP literal is its own address. A
  /// name that is empty or too long, or that has other bytes than letters, digits, '-', '_' and '.'
  /// fails without being looked up. So does one whose last part is a number, such as "127.1" or
  /// "0x7f.1": the system would take it for an address. Throws UsageError for an empty function and
  /// NegativeDelay.
  Lookup resolve(std::string name, std::uint16_t port, Answer answer, Duration timeout = kTimeout);
  /// How many questions are open.
  std::size_t openQuestions() const noexcept { return open_.size(); }
  /// Gives all open questions to `successor`, which fails them in a later turn with a
  /// DNSLookupError: this resolver is about to be destroyed. Reactor::installResolver calls this.
  void handOver(Resolver& successor);
  /// Drops all open questions: nobody is told. What they kept alive moves to `remains`, and nothing
  /// is destroyed in this call. Reactor::abandon calls this.
  void abandon(std::vector<std::shared_ptr<void>>& remains);

 protected:
  Clock& clock() const noexcept { return clock_; }
  /// Looks question->name() up and calls answer() or fail() of the question, in this call or later,
  /// in the thread of the clock. A derived class that keeps questions should forget those that are
  /// no longer pending().
  virtual void ask(std::shared_ptr<Question> question) = 0;
  /// All questions were abandoned, and the reactor has forgotten its timers and its calls in
  /// threads. The resolver will be used again.
  virtual void abandoned() noexcept {}
  /// A question has been answered or cancelled, or its time is over. It may be called from inside
  /// any call of the resolver, its questions and its lookups.
  virtual void over() noexcept {}

 private:
  friend class Question;
  void closed(const Question& question) noexcept;
  void drop(std::vector<std::shared_ptr<void>>& remains);

  Clock& clock_;
  std::vector<std::shared_ptr<Question>> open_;
};

}  // namespace teasel
