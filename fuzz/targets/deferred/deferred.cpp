// A scenario without a protocol. The bytes that connection 0 sends are read as a program of
// Deferreds (model/program.hpp). The program runs twice: with Deferreds and by an interpreter.

#include <memory>
#include <string>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

#include "deferred/model/program.hpp"

namespace teasel::targets {
namespace {

using namespace std::string_view_literals;

/// Keeps the bytes that arrive.
class Reader final : public Protocol {
 public:
  explicit Reader(std::string& bytes) : bytes_(bytes) {}
  void dataReceived(ByteView data) override { bytes_.append(data.data(), data.size()); }

 private:
  std::string& bytes_;
};

// The words are single steps: make, callbacks of several kinds, fire, fail, cancel, pause,
// chainDeferred, list, race, coroutine, drop, timeout and advance.
constexpr std::string_view kWords[] = {"\0\0\0\0\0"sv,  "\1\0\0\4\1"sv,   "\1\1\2\0\0"sv,   "\2\0\0\0\5"sv,  "\3\1\0\0\7"sv,
                                       "\1\0\0\2\3"sv,  "\1\0\2\x10\0"sv, "\1\1\2\x30\0"sv, "\4\0\0\0\0"sv,  "\5\0\0\0\0"sv,
                                       "\x8\0\1\0\0"sv, "\xa\7\0\3\0"sv,  "\xc\3\0\4\0"sv,  "\xe\0\1\3\0"sv, "\x9\0\0\0\0"sv,
                                       "\xf\0\0\0\5"sv, "\x10\0\0\0\5"sv};

fakes::ScenarioOptions deferredOptions() {
  fakes::ScenarioOptions options;
  options.introducer = std::nullopt;
  options.shape.words = kWords;
  options.shape.connections = 1;
  return options;
}

TEASEL_SCENARIO(deferred, "programs of Deferreds do what an interpreter says they do", deferredOptions()) {
  std::string bytes;
  world.host().reactor().listenTCP(1, Factory::forProtocol<Reader>(std::ref(bytes)));
  if (!world.run()) return;
  if (const std::string difference = disagreement(decodeProgram(bytes)); !difference.empty())
    world.fail("deferred-model", difference, Site::here());
}

}  // namespace
}  // namespace teasel::targets
