#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <utility>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel {
class Reactor;
}

namespace teasel::props {

/// The code under test, as the properties run it: it makes the protocol of each connection of a
/// server. A property runs a Play several times, and each run begins with fresh subjects.
///
/// Most subjects are a function that makes one protocol:
///
///     const Subject subject = [](Reactor& reactor, EventLog& log) { return
///     std::make_shared<Mine>(reactor, log); };
///
/// The protocol reports to `log` and takes its time from `reactor`. Both outlive the protocol.
class Subject {
 public:
  using Make = std::function<std::shared_ptr<Protocol>(Reactor& reactor, EventLog& log)>;

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Subject> && std::constructible_from<Make, F>)
  Subject(F&& make) : begin_([make = Make(std::forward<F>(make))](Reactor&) { return make; }) {}

  /// A subject that is told when a run begins. `begin(reactor)` is called at the beginning of every
  /// run, before the first connection. It returns what the connections of that run share: a room, a
  /// table, a counter. `make(shared, reactor, log)` makes the protocol of one connection and gets
  /// it by reference. It outlives the protocols of its run.
  ///
  ///     Subject::sharing([](Reactor&) { return Room(); },
  ///                      [](Room& room, Reactor&, EventLog& log) { return
  ///                      std::make_shared<Guest>(room, log); });
  template <class Begin, class MakeShared>
  static Subject sharing(Begin begin, MakeShared make) {
    using Shared = std::invoke_result_t<Begin&, Reactor&>;
    Subject subject;
    subject.begin_ = [begin = std::move(begin), make = std::move(make)](Reactor& reactor) -> Make {
      return
          [shared = std::make_shared<Shared>(begin(reactor)), make](Reactor& r, EventLog& log) { return make(*shared, r, log); };
    };
    return subject;
  }

  /// Begins a run. The function that is returned makes the protocol of each connection. It must
  /// outlive them.
  Make begin(Reactor& reactor) const { return begin_(reactor); }

 private:
  Subject() = default;
  std::function<Make(Reactor& reactor)> begin_;
};

}  // namespace teasel::props
