#include <teasel/fakes/world/scenario.hpp>

#include "framing/widths.hpp"

namespace teasel::targets {
namespace {

using namespace std::literals;

constexpr std::string_view kWords[] = {"\0\7hello x"sv, "\0\6item 3\0\3abc"sv, "\0\6item 0\0\0"sv, "\0\3end"sv,
                                       "\0\4wait"sv,    "\7hello x"sv,         "\6item 3\3abc"sv,  "\3end"sv,
                                       "\0\0"sv,        "\0\0\0\7hello x"sv,   "\0\0\0\3end"sv,    "\377\377"sv};

fakes::ScenarioOptions intClientOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.appOps = 1;
  options.messageSize = intStringMessage;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(intn_client, "a client that fetches strings behind a length of 1, 2 or 4 bytes; app 0 connects another one",
                intClientOptions()) {
  checkFetched<IntStrings>(world, checkClient(world, intKinds<Client>(drawWidth(world))));
}

}  // namespace
}  // namespace teasel::targets
