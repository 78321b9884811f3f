#pragma once

#include <ostream>
#include <stdexcept>
#include <string>

#include <teasel/deferred/coroutine.hpp>

namespace teasel::examples {

struct Malfunction : std::runtime_error {
  Malfunction() : std::runtime_error("malfunction") {}
};

/// Does with a coroutine and Deferreds what Python's generators do with yield, send and throw.
/// `yield` hands a number out and waits. From outside, `send` lets the coroutine go on with a
/// value, and `raise` with an error.
template <class T>
class Dialogue {
 public:
  /// Called inside the coroutine, which awaits it. The caller of next, send or raise gets `value`.
  Deferred<T> yield(int value) {
    yielded_ = value;
    waiting_ = Deferred<T>();
    return waiting_;
  }
  /// Called outside: the value that was yielded last.
  int yielded() const noexcept { return yielded_; }
  /// Lets the coroutine run to its next yield, and returns what it yields. At the end it returns
  /// the last value again.
  int send(T value) {
    std::exchange(waiting_, nullptr).callback(std::move(value));
    return yielded_;
  }
  template <class E>
  int raise(E error) {
    std::exchange(waiting_, nullptr).errback(std::move(error));
    return yielded_;
  }

 private:
  Deferred<T> waiting_ = nullptr;
  int yielded_ = 0;
};

/// The first demonstration: numbers come out, and values and an error go in.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): both outlive it
inline Deferred<void> myGenerator(Dialogue<int>& outside, std::ostream& out) {
  out << "starting up\n";
  int value = co_await outside.yield(1);
  out << "got: " << value << '\n';
  value = co_await outside.yield(2);
  out << "got: " << value << '\n';
  try {
    co_await outside.yield(3);
  } catch (const Malfunction&) {
    out << "malfunction!\n";
  }
  co_await outside.yield(4);
  out << "done\n";
}

inline void drive(std::ostream& out) {
  Dialogue<int> dialogue;
  const Deferred<void> ended = myGenerator(dialogue, out);  // runs to its first yield at once
  out << dialogue.yielded() << " from yield\n";
  out << dialogue.send(10) << " from yield\n";
  out << dialogue.send(20) << " from yield\n";
  out << dialogue.raise(Malfunction()) << " from yield\n";
  dialogue.send(0);  // it runs to its end
}

/// The second demonstration: the caller runs functions and hands their results in.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): both outlive it
inline Deferred<void> resultsIn(Dialogue<std::string>& outside, std::ostream& out) {
  out << "the inner function begins\n";
  std::string result = co_await outside.yield(1);
  out << "callback 1 is done, its result: " << result << '\n';
  result = co_await outside.yield(2);
  out << "callback 2 is done, its result: " << result << '\n';
  out << "the inner function ends\n";
}

inline void handResultsIn(std::ostream& out) {
  Dialogue<std::string> dialogue;
  const Deferred<void> ended = resultsIn(dialogue, out);
  for (const std::string number : {"1", "2"}) {
    out << "running callback " << number << '\n';
    dialogue.send("result" + number);
  }
}

}  // namespace teasel::examples
