#include <teasel/fakes/world/scenario.hpp>

#include "framing/kinds.hpp"
#include "framing/records.hpp"

namespace teasel::targets {
namespace {

using namespace std::literals;

constexpr std::string_view kWords[] = {"m\0\0"sv,         "m\0\6echo a"sv, "m\0\5count"sv, "m\0\7pause 5"sv,
                                       "m\0\5blink"sv,    "m\0\4quit"sv,   "l\0"sv,        "l\2\0\3abc"sv,
                                       "wabcd\0\0\0\0"sv, "z\0\3"sv,       "q"sv,          "m\0\11later 5 x"sv};

fakes::ScenarioOptions statefulOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.messageSize = recordMessage;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(stateful, "a server that obeys records, by StatefulProtocol", statefulOptions()) {
  checkServer(world, kindsOf<Server, Records>(wholeRecords));
}

}  // namespace
}  // namespace teasel::targets
