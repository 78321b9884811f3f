#include <memory>
#include <vector>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/reactor/reactor.hpp>

#include "line/line_client.hpp"

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"hello x\r\n", "item 3\r\nabc", "item 0\r\n", "end\r\n", "wait\r\n", "\r\n"};
constexpr std::size_t kMaxClients = 8;

fakes::ScenarioOptions clientOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.appOps = 1;
  return options;
}

class Clients final : public ClientFactory {
 public:
  explicit Clients(Clock& clock) : clock_(clock) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    made.push_back(std::make_shared<LineClient>(clock_));
    return made.back();
  }
  std::vector<std::shared_ptr<LineClient>> made;

 private:
  Clock& clock_;
};

TEASEL_SCENARIO(line_client, "a client that fetches items from a server, which the input plays; app 0 connects another one",
                clientOptions()) {
  Reactor& reactor = world.host().reactor();
  props::Watch watch(world);
  const auto clients = std::make_shared<Clients>(reactor);
  const auto watched = watch.overClient(clients);
  const fakes::World* const here = &world;
  std::size_t begun = 0;
  const auto connect = [&reactor, &begun, watched, here] {
    const Address server = here->remoteAddress();
    if (begun++ < kMaxClients) reactor.connectTCP(server.host(), server.port(), watched);
  };
  connect();
  world.onApp([&connect](unsigned, std::uint64_t) { connect(); });
  world.run();
  world.onApp([](unsigned, std::uint64_t) {});
  watch.finish();
  for (const auto& client : clients->made) {
    world.check(client->received() <= client->announced(), "more-than-announced");
    if (client->finished() && !client->failed()) world.check(client->received() == client->announced(), "less-than-announced");
  }
  clients->made.clear();  // each client holds its factory
}

}  // namespace
}  // namespace teasel::targets
