#include "arms.hpp"

#include <teasel/contract/clock_bench.hpp>
#include <teasel/contract/loopback_bench.hpp>
#include <teasel/contract/unix_bench.hpp>
#include <teasel/contract/world_bench.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/driver_variants_test_kit.hpp>
#include <teasel/protocols/protocol_wrapper.hpp>

namespace teasel::contract {

namespace {

constexpr int kSeeds = 24;

std::unique_ptr<Driver> makeVariant(const std::string& name) {
  if (std::string why; !drivertest::variantAvailable(name, why)) throw DriverUnavailable(why);
  return makeDriver(name);
}

class WrappedWorldBench final : public WorldBench {
 public:
  using WorldBench::WorldBench;
  std::shared_ptr<Factory> dressed(std::shared_ptr<Factory> factory) override {
    return std::make_shared<WrappingFactory>(std::move(factory));
  }
  std::shared_ptr<ClientFactory> dressed(std::shared_ptr<ClientFactory> factory) override {
    return std::make_shared<WrappingFactory>(std::move(factory));
  }
};

}  // namespace

std::vector<Arm> arms() {
  std::vector<Arm> arms;
  for (const std::string& name : drivertest::driverVariants())
    arms.push_back(
        loopbackArm(drivertest::variantTestName(name), [name] { return makeVariant(name); }, !name.starts_with("io_uring")));
  arms.push_back(worldArm(fakes::SimDriver::Mode::kCompletion, kSeeds));
  arms.push_back(worldArm(fakes::SimDriver::Mode::kReadiness, kSeeds));
  return arms;
}

std::vector<Arm> wrappedArms() {
  std::vector<Arm> all = arms();
  all.push_back({"world_wrapped", kSeeds, [](int round) {
                   const auto mode = round % 2 == 0 ? fakes::SimDriver::Mode::kReadiness : fakes::SimDriver::Mode::kCompletion;
                   return std::make_unique<WrappedWorldBench>(mode, round);
                 }});
  return all;
}

std::vector<Arm> unixArms() {
  std::vector<Arm> arms;
  for (const std::string& name : drivertest::driverVariants()) {
    // What a feature does differs little between sockets; a turn with all and one with none shows
    // it.
    if (name.starts_with("io_uring:") && name != "io_uring:none") continue;
    arms.push_back(
        unixArm(drivertest::variantTestName(name), [name] { return makeVariant(name); }, !name.starts_with("io_uring")));
  }
  arms.push_back(unixWorldArm(fakes::SimDriver::Mode::kCompletion, kSeeds));
  arms.push_back(unixWorldArm(fakes::SimDriver::Mode::kReadiness, kSeeds));
  return arms;
}

std::vector<Arm> streamArms() {
  std::vector<Arm> all = wrappedArms();
  for (Arm& arm : unixArms()) all.push_back(std::move(arm));
  return all;
}

std::vector<Arm> clockArms() {
  std::vector<Arm> all = arms();
  all.push_back(fakeClockArm());
  return all;
}

}  // namespace teasel::contract
