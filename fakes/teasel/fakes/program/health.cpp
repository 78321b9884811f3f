#include <teasel/fakes/program/health.hpp>

namespace teasel::fakes {

std::string Health::warning() const {
  if (plays_ < kEnoughPlays || short_ * 100 <= plays_ * kMostPercent) return {};
  return std::to_string(short_ * 100 / plays_) + " % of " + std::to_string(plays_) + " plays ended before the protocols had " +
         std::to_string(kFewBytes) +
         " bytes, so little was tested: do connections reach a port, and does the scenario's shape or corpus say something?";
}

}  // namespace teasel::fakes
