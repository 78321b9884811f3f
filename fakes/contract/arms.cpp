#include "arms.hpp"

#include <teasel/contract/clock_bench.hpp>
#include <teasel/contract/loopback_bench.hpp>
#include <teasel/contract/world_bench.hpp>
#include <teasel/drivers/drivers.hpp>

namespace teasel::contract {

std::vector<Arm> arms() {
  std::vector<Arm> arms;
  for (const std::string_view name : driverNames())
    arms.push_back(loopbackArm(std::string(name), [name] { return makeDriver(name); }, name != "io_uring"));
  constexpr int kSeeds = 24;
  arms.push_back(worldArm(fakes::SimDriver::Mode::kCompletion, kSeeds));
  arms.push_back(worldArm(fakes::SimDriver::Mode::kReadiness, kSeeds));
  return arms;
}

std::vector<Arm> clockArms() {
  std::vector<Arm> all = arms();
  all.push_back(fakeClockArm());
  return all;
}

}  // namespace teasel::contract
