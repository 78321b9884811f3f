#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
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
/// The protocol reports to `log` and takes its time from `reactor`. Both outlive the protocol. What
/// a subject does in a run must depend on the Play and on nothing else: properties of one input
/// share the runs that they would make in the same way (Harness::shared).
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
  /// Its number. Copies have the same one; no two other subjects of a process have.
  std::uint64_t id() const noexcept { return id_; }

 private:
  Subject() = default;
  inline static std::atomic<std::uint64_t> made_{0};
  std::function<Make(Reactor& reactor)> begin_;
  std::uint64_t id_ = ++made_;
};

}  // namespace teasel::props
