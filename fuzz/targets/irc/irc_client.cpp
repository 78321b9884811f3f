#include <memory>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>

#include "irc/echo_client.hpp"

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"\r\n",           "\n",           ":",          " ",         "@a=b ",
                                       "\x01",           "\x10",         ":srv ",      ":bob!b@h ", ":me!m@h ",
                                       "001 me :hi\r\n", "PRIVMSG me :", "JOIN #c\r\n"};

fakes::ScenarioOptions ircOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.play.bytes = 16384;
  return options;
}

TEASEL_SCENARIO(irc_client, "a client of IRC that sends back what it hears; the input plays the server", ircOptions()) {
  const props::Subject subject = [](Reactor& reactor, props::EventLog& log) {
    return std::make_shared<EchoClient>(reactor, log);
  };
  if (!props::serve(world, subject)) return;
  for (unsigned k = 0; k < fakes::Play::kMaxConnections; ++k)
    if (world.play().connects(k)) world.check(isIrc(world.peer(k).received().text()), "injection");
  if (world.verdict() == nullptr && props::chunkInvariance(world, subject))
    props::boundedHeap(world, subject, {.perByte = 512, .base = std::size_t{256} << 10});
}

}  // namespace
}  // namespace teasel::targets
