#include <memory>
#include <string>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include <examples/chat.hpp>

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"\r\n", "ann\r\n", "bob\r\n", "hello\r\n"};

fakes::ScenarioOptions chatOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.connections = 4;
  return options;
}

/// Checks that what a user sees begins with the question for the name. It must consist of whole
/// lines unless the connection broke.
void checkView(fakes::World& world, const fakes::RemotePeer& user) {
  constexpr std::string_view kQuestion = "What's your name?\r\n";
  const std::string_view seen = user.received().text();
  world.check(seen.starts_with(kQuestion) || kQuestion.starts_with(seen), "greeting");
  if (user.sawEof() && !user.sawReset() && !seen.empty()) world.check(seen.ends_with("\r\n"), "whole-lines");
}

TEASEL_SCENARIO(chat, "users of the chat server see whole lines, and nobody stays in the room without a connection",
                chatOptions()) {
  props::Watch watch(world);
  const auto factory = std::make_shared<examples::ChatFactory>();
  factory->noisy = false;
  world.host().reactor().listenTCP(1, watch.over(factory));
  if (!world.run()) return;
  watch.finish();
  world.check(factory->users().empty(), "left-in-the-room");
  for (unsigned k = 0; k < fakes::Play::kMaxConnections; ++k)
    if (world.play().connects(k)) checkView(world, world.peer(k));
}

}  // namespace
}  // namespace teasel::targets
