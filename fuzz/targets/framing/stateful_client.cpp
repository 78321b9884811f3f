#include <teasel/fakes/world/scenario.hpp>

#include "framing/kinds.hpp"
#include "framing/records.hpp"

namespace teasel::targets {
namespace {

using namespace std::literals;

constexpr std::string_view kWords[] = {"m\0\7hello x"sv,
                                       "m\0\6item 3m\0\3abc"sv,
                                       "m\0\6item 0m\0\0"sv,
                                       "m\0\3end"sv,
                                       "m\0\4wait"sv,
                                       "l\2\6item 0\0"sv,
                                       "z\0\3"sv,
                                       "q"sv,
                                       "wwait\0\0\0\0"sv};

fakes::ScenarioOptions statefulClientOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.appOps = 1;
  options.messageSize = recordMessage;
  options.play.bytes = 8192;
  return options;
}

TEASEL_SCENARIO(stateful_client, "a client that fetches records, by StatefulProtocol; app 0 connects another one",
                statefulClientOptions()) {
  checkFetched<Records>(world, checkClient(world, kindsOf<Client, Records>(wholeRecords)));
}

}  // namespace
}  // namespace teasel::targets
