#pragma once

#include <teasel/props/round_trip.hpp>
#include <teasel/rapidcheck/pass_through.hpp>

namespace teasel::rapidcheck {

/// Call this in a property. It draws messages, a way to cut their bytes and a driver mode. It fails
/// the case when messages come out otherwise than they went in (props::roundTripFailure).
///
///     RC_GTEST_PROP(Frames, SurviveEveryCut, ()) { roundTrip(mine()); }
void roundTrip(const props::Codec& codec);

}  // namespace teasel::rapidcheck
