#pragma once

#include <teasel/props/round_trip.hpp>
#include <teasel/rapidcheck/pass_through.hpp>

namespace teasel::rapidcheck {

/// To be called in a property: draws messages, a way to cut their bytes and a driver mode, and
/// fails the case when they do not come out as they went in (props::roundTripFailure).
///
///     RC_GTEST_PROP(Frames, SurviveEveryCut, ()) { roundTrip(mine()); }
void roundTrip(const props::Codec& codec);

}  // namespace teasel::rapidcheck
