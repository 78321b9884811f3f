#include <teasel/fakes/world/scenario.hpp>

#include "framing/kinds.hpp"

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"7:hello x,", "6:item 3,3:abc,", "6:item 0,0:,", "3:end,", "4:wait,", "12:", ","};

fakes::ScenarioOptions netstringClientOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.appOps = 1;
  options.messageSize = netstringMessage;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(netstring_client, "a client that fetches netstrings; app 0 connects another one", netstringClientOptions()) {
  checkFetched<Netstrings>(world, checkClient(world, kindsOf<Client, Netstrings>(wholeNetstrings)));
}

}  // namespace
}  // namespace teasel::targets
