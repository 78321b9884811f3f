#include <teasel/fakes/world/scenario.hpp>

#include "framing/kinds.hpp"

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"hello x\r\n", "item 3\r\nabc\r\n", "item 0\r\n\r\n", "end\r\n", "wait\r\n", "\r\n", "\r"};

fakes::ScenarioOptions lineOnlyClientOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.appOps = 1;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(lineonly_client, "a client that fetches lines, by LineOnlyReceiver; app 0 connects another one",
                lineOnlyClientOptions()) {
  checkFetched<Lines>(world, checkClient(world, kindsOf<Client, Lines>(wholeLines)));
}

}  // namespace
}  // namespace teasel::targets
