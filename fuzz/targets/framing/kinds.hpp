#pragma once

#include <memory>

#include <teasel/reactor/reactor.hpp>

#include "framing/checks.hpp"
#include "framing/formats.hpp"
#include "framing/servers.hpp"

namespace teasel::targets {

/// The subjects that a target checks: Server<M> or Client<M>, and Quiet<M>. `args` are the
/// arguments of M's constructor.
template <template <class> class Busy, class Messages, class... Args>
Kinds kindsOf(bool (*whole)(ByteView bytes), Args... args) {
  return {
      [=](Reactor& reactor, props::EventLog& log) { return std::make_shared<Busy<Messages>>(reactor, log, args...); },
      [=](Reactor&, props::EventLog& log) { return std::make_shared<Quiet<Messages>>(log, args...); },
      whole,
  };
}

/// Checks clients after the end: one that finished without an error has all bytes of its items.
template <class Messages>
void checkFetched(fakes::World& world, const std::vector<std::shared_ptr<Protocol>>& clients) {
  for (const auto& client : clients) {
    const Fetch& fetch = static_cast<const Client<Messages>&>(*client).fetch;
    if (fetch.finished() && !fetch.failed()) world.check(fetch.received() == fetch.announced(), "items-incomplete");
  }
}

}  // namespace teasel::targets
