#include <teasel/rapidcheck/round_trip.hpp>

#include <rapidcheck.h>

#include <teasel/rapidcheck/generators.hpp>

namespace teasel::rapidcheck {

void roundTrip(const props::Codec& codec) {
  const auto sent = *messages({.longest = codec.longest, .delimiter = codec.delimiter}).as("messages");
  std::size_t bytes = 0;
  for (const std::string& message : sent) bytes += codec.encoded ? codec.encoded(message).size() : message.size();
  const fakes::ChunkPlan plan = *chunkPlans(bytes).as("cut");
  const bool completion = *rc::gen::arbitrary<bool>().as("completion mode");
  const auto mode = completion ? fakes::SimDriver::Mode::kCompletion : fakes::SimDriver::Mode::kReadiness;
  const std::string wrong = props::roundTripFailure(codec, sent, plan, mode);
  if (!wrong.empty()) RC_FAIL(wrong);
}

}  // namespace teasel::rapidcheck
