#pragma once

#include <any>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace teasel::bench {

/// A Deferred as a programmer would write it in an hour. It has one shared state on the heap,
/// std::any for values, std::exception_ptr for errors and a vector of std::function. It is a
/// reference of the deferred/ rows.
class NaiveDeferred {
 public:
  using Result = std::variant<std::any, std::exception_ptr>;

  template <class F>
  NaiveDeferred& addCallback(F function) {
    state_->callbacks.push_back([function = std::move(function)](Result result) -> Result {
      if (result.index() == 1) return result;
      try {
        return std::any(function(std::any_cast<int>(std::get<0>(result))));
      } catch (...) {
        return std::current_exception();
      }
    });
    run();
    return *this;
  }
  void callback(int value) {
    state_->result = std::any(value);
    state_->fired = true;
    run();
  }

 private:
  struct State {
    std::vector<std::function<Result(Result)>> callbacks;
    Result result;
    bool fired = false;
  };
  void run() {
    if (!state_->fired) return;
    const auto callbacks = std::exchange(state_->callbacks, {});
    for (const auto& next : callbacks) state_->result = next(std::move(state_->result));
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace teasel::bench
