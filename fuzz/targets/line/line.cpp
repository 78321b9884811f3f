#include <functional>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "line/line_server.hpp"

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"\r\n",        "How are you?\r\n", "echo ",   "raw 3\r\nabc",
                                       "pause 5\r\n", "later 5 x\r\n",    "quit\r\n"};

fakes::ScenarioOptions lineOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  return options;
}

TEASEL_SCENARIO(line, "a line server with raw mode, pauses and timers answers in whole lines", lineOptions()) {
  Reactor& reactor = world.host().reactor();
  const auto factory = Factory::forProtocol<LineServer>(std::ref(reactor));
  factory->noisy = false;
  reactor.listenTCP(1, factory);
  if (!world.run()) return;
  for (unsigned k = 0; k < fakes::Play::kMaxConnections; ++k) {
    if (!world.play().connects(k)) continue;
    const fakes::RemotePeer& client = world.peer(k);
    if (client.sawEof() && !client.sawReset() && !client.received().empty())
      world.check(client.received().text().ends_with("\r\n"), "whole-lines");
  }
}

}  // namespace
}  // namespace teasel::targets
