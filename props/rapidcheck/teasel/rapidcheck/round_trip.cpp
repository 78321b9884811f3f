#include <teasel/rapidcheck/round_trip.hpp>

#include <rapidcheck.h>

#include <teasel/rapidcheck/generators.hpp>

namespace teasel::rapidcheck {

void roundTrip(const props::Framing& framing) {
  const auto sent = *messages({.longest = framing.longest, .delimiter = framing.delimiter}).as("messages");
  std::size_t bytes = 0;
  for (const std::string& message : sent) bytes += framing.encoded ? framing.encoded(message).size() : message.size();
  const fakes::ChunkPlan plan = *chunkPlans(bytes).as("cut");
  const bool completion = *rc::gen::arbitrary<bool>().as("completion mode");
  const auto mode = completion ? fakes::SimDriver::Mode::kCompletion : fakes::SimDriver::Mode::kReadiness;
  const std::string wrong = props::roundTripFailure(framing, sent, plan, mode);
  if (!wrong.empty()) RC_FAIL(wrong);
}

}  // namespace teasel::rapidcheck
