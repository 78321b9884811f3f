#include <memory>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "policies/idlers.hpp"

namespace teasel::targets {
namespace {

TEASEL_SCENARIO(policies, "a server with timeouts that sends files, in a wrapper", idlerOptions()) {
  props::Watch watch(world);
  Reactor& reactor = world.host().reactor();
  const auto wrapping = std::make_shared<WrappingFactory>(std::make_shared<Idlers>(reactor));
  wrapping->noisy = false;
  reactor.listenTCP(1, watch.over(wrapping));
  if (!world.run()) return;
  watch.finish();
  checkIdlers(world, *wrapping);
}

}  // namespace
}  // namespace teasel::targets
