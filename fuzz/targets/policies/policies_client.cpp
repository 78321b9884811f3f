#include <memory>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/reactor/reactor.hpp>

#include "policies/idlers.hpp"

namespace teasel::targets {
namespace {

constexpr std::size_t kMaxClients = 8;

TEASEL_SCENARIO(policies_client, "clients with timeouts that send files, in wrappers; app 0 connects another one",
                idlerOptions(1)) {
  props::Watch watch(world);
  Reactor& reactor = world.host().reactor();
  const auto idlers = std::make_shared<Idlers>(reactor);
  const auto wrapping = std::make_shared<WrappingFactory>(idlers);
  wrapping->noisy = false;
  const auto watched = watch.overClient(wrapping);
  const Address server = world.remoteAddress();
  std::size_t begun = 0;
  const auto connect = [&] {
    if (begun++ < kMaxClients) reactor.connectTCP(server.host(), server.port(), watched);
  };
  connect();
  world.onApp([&connect](unsigned, std::uint64_t) { connect(); });
  const bool ended = world.run();
  world.onApp([](unsigned, std::uint64_t) {});
  if (!ended) return;
  watch.finish();
  world.check(idlers->begun == idlers->failed + idlers->lost && idlers->made <= idlers->lost, "attempts");
  checkIdlers(world, *wrapping);
}

}  // namespace
}  // namespace teasel::targets
