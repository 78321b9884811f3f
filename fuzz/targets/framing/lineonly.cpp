#include <teasel/fakes/world/scenario.hpp>

#include "framing/kinds.hpp"

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"\r\n",        "\r",        "echo a\r\n",    "count\r\n",
                                       "pause 5\r\n", "blink\r\n", "later 5 x\r\n", "quit\r\n"};

fakes::ScenarioOptions lineOnlyOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(lineonly, "a server that obeys lines, by LineOnlyReceiver", lineOnlyOptions()) {
  checkServer(world, kindsOf<Server, Lines>(wholeLines));
}

}  // namespace
}  // namespace teasel::targets
