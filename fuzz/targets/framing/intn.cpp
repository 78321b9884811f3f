#include <teasel/fakes/world/scenario.hpp>

#include "framing/widths.hpp"

namespace teasel::targets {
namespace {

using namespace std::literals;

constexpr std::string_view kWords[] = {"\0\0"sv,           "\0\6echo a"sv,      "\0\5count"sv, "\0\7pause 5"sv,     "\0\5blink"sv,
                                       "\0\11later 5 x"sv, "\0\4quit"sv,        "\0\311"sv,    "\6echo a"sv,        "\5blink"sv,
                                       "\0\0\0\5count"sv,  "\0\0\0\7pause 5"sv, "\0\0"sv,      "\377\377\377\377"sv};

fakes::ScenarioOptions intOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.messageSize = intStringMessage;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(intn, "a server that obeys strings behind a length of 1, 2 or 4 bytes", intOptions()) {
  checkServer(world, intKinds<Server>(drawWidth(world)));
}

}  // namespace
}  // namespace teasel::targets
