#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/deferred/deferred.hpp>

namespace teasel::irc::detail {

/// The questions of one kind that wait for their answer. IRC numbers no questions, but a server
/// answers them in order, and each answer names what it is about: its key.
///
/// A question that is over early - an error came, its time is up, it was cancelled - keeps its
/// place until its end arrives, so that this end is not taken for that of a later question. Some
/// servers send no end behind an error. So the place is given up, too, when an answer to a later
/// question with the same key arrives.
template <class T>
class Questions {
 public:
  static constexpr std::size_t kMost = 64;

  Questions() = default;
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;
  ~Questions() {
    for (const auto& each : waiting_) each->timer.cancelIfActive();
  }

  /// A new question. Its Deferred fails at once with LimitExceeded when kMost wait.
  Deferred<T> ask(std::string key, Clock& clock, std::optional<Duration> timeout, Site site) {
    if (waiting_.size() >= kMost) std::erase_if(waiting_, [](const auto& each) { return each->over; });
    if (waiting_.size() >= kMost) return fail<T>(LimitExceeded("questions without an answer", kMost, kMost + 1), site);
    auto made = std::make_shared<Question>(std::move(key));
    made->answer = Deferred<T>([weak = std::weak_ptr(made)] { close(weak); }, site);
    if (timeout) {
      made->timer = clock.callLater(*timeout, [weak = std::weak_ptr(made)] {
        if (const auto late = close(weak)) late->answer.errback(TimeoutError("no answer came in time"));
      });
    }
    waiting_.push_back(made);
    return waiting_.back()->answer;
  }

  /// Where the part of an answer about `key` is collected; null when nobody waits for it.
  T* collecting(const std::string& key) {
    Question* const found = live(key);
    return found == nullptr ? nullptr : &found->collected;
  }
  /// The answer about `key` is complete.
  void end(const std::string& key) {
    const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&key](const auto& each) { return each->key == key; });
    if (at == waiting_.end()) return;
    const std::shared_ptr<Question> done = std::move(*at);
    waiting_.erase(at);
    if (!closed(*done)) done->answer.callback(std::move(done->collected));
  }
  /// The first question about `key` has failed. `endFollows`: the server sends an end all the same.
  bool failed(const std::string& key, const Failure& why, bool endFollows) {
    Question* const found = live(key);
    if (found == nullptr) return false;
    const auto at = std::find_if(waiting_.begin(), waiting_.end(), [found](const auto& each) { return each.get() == found; });
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it outlives its place
    const std::shared_ptr<Question> done = *at;
    if (!endFollows) waiting_.erase(at);
    closed(*done);
    done->answer.errback(why);
    return true;
  }
  /// The first question that still waits has failed, whatever it is about.
  bool failedFirst(const Failure& why) {
    const auto at = std::find_if(waiting_.begin(), waiting_.end(), [](const auto& each) { return !each->over; });
    if (at == waiting_.end()) return false;
    const std::shared_ptr<Question> done = std::move(*at);
    waiting_.erase(at);
    closed(*done);
    done->answer.errback(why);
    return true;
  }
  /// No answer comes any more.
  void failAll(const Failure& why) {
    for (const auto& each : std::exchange(waiting_, {}))
      if (!closed(*each)) each->answer.errback(why);
  }
  bool empty() const noexcept { return waiting_.empty(); }

 private:
  struct Question {
    explicit Question(std::string about) : key(std::move(about)) {}
    std::string key;
    Deferred<T> answer{nullptr};
    T collected{};
    DelayedCall timer;
    bool over = false;
  };

  static bool closed(Question& question) {
    question.timer.cancelIfActive();
    return std::exchange(question.over, true);
  }
  static std::shared_ptr<Question> close(const std::weak_ptr<Question>& weak) {
    auto question = weak.lock();
    return question == nullptr || closed(*question) ? nullptr : question;
  }
  // The first question about `key` that still waits. Those before it that are over are forgotten.
  Question* live(const std::string& key) {
    const auto at =
        std::find_if(waiting_.begin(), waiting_.end(), [&key](const auto& each) { return !each->over && each->key == key; });
    if (at == waiting_.end()) return nullptr;
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): its place moves
    const std::shared_ptr<Question> found = *at;
    for (auto place = waiting_.begin(); *place != found;) {
      if ((*place)->key == key) place = waiting_.erase(place);
      else ++place;
    }
    return found.get();
  }

  std::deque<std::shared_ptr<Question>> waiting_;
};

}  // namespace teasel::irc::detail
