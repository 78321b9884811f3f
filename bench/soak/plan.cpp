#include "plan.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>

namespace teasel::soak {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Most streams are short; a few are much longer than what the kernel buffers.
std::uint64_t drawTotal(Dice& dice) {
  const std::uint64_t kind = dice.below(100);
  const std::uint64_t most = kind < 40 ? 200 : kind < 70 ? 8'000 : kind < 90 ? 100'000 : kind < 98 ? 1'000'000 : 4'000'000;
  return dice.below(most + 1);
}

Duration drawPause(Dice& dice) {
  if (dice.oneIn(300)) return milliseconds(2500);  // longer than a graceful close waits
  if (dice.oneIn(20)) return milliseconds(dice.between(30, 300));
  return microseconds(dice.below(20'000));
}

Script drawScript(Dice& dice, Role role) {
  Script script;
  script.way = static_cast<Way>(dice.below(5));
  // Two thirds end in good order. Where both ends waited for the other, neither would end.
  if (dice.below(3) < 2) script.ending = static_cast<Ending>(dice.below(role == Role::kClient ? 2 : 3));
  else script.ending = static_cast<Ending>(dice.between(3, 7));
  script.halfCloseable = !dice.oneIn(4);
  script.total = drawTotal(dice) + (role == Role::kClient ? Pattern::kHeader : 0);
  script.piece = std::max<std::uint64_t>(1 + dice.below(dice.oneIn(2) ? 100 : 100'000), script.total / 100);
  script.highMark = dice.oneIn(2) ? 64 << 10 : dice.below(200'000);
  script.lowMark = script.highMark / (1 + dice.below(8));
  script.endAtReceived = dice.oneIn(3) ? 0 : drawTotal(dice);
  script.endAfter = microseconds(dice.below(dice.oneIn(4) ? 300'000 : 10'000));
  script.pauses = dice.oneIn(2) ? 0 : dice.between(1, 4);
  script.pauseEvery = drawTotal(dice);
  script.pauseFor = drawPause(dice);
  script.pausedAtFirst = dice.oneIn(3);
  script.decoys = dice.oneIn(2) ? 0 : dice.between(1, 6);
  const bool produces = script.way == Way::kPush || script.way == Way::kPull;
  script.endsBeforeItWrites = produces && script.ending == Ending::kHalfClose && dice.oneIn(3);
  return script;
}

}  // namespace

const char* name(Way way) noexcept {
  switch (way) {
    case Way::kAtOnce: return "at once";
    case Way::kTimed: return "by timers";
    case Way::kPush: return "as a push producer";
    case Way::kPull: return "as a pull producer";
    case Way::kAnswer: return "as an answer";
  }
  return "?";
}

const char* name(Ending ending) noexcept {
  switch (ending) {
    case Ending::kHalfClose: return "half-closes";
    case Ending::kLoseWhenDone: return "closes when all is sent and received";
    case Ending::kLoseAfterPeer: return "closes after the peer";
    case Ending::kLoseEarly: return "closes when all is sent";
    case Ending::kLoseMid: return "closes at some time";
    case Ending::kAbort: return "aborts at some time";
    case Ending::kThrow: return "throws at some time";
    case Ending::kFail: return "fails the connection at some time";
  }
  return "?";
}

std::string Script::text() const {
  std::string text = "sends " + std::to_string(total) + " bytes " + name(way) + " in pieces of up to " + std::to_string(piece) +
                     ", " + name(ending) + (halfCloseable ? "" : ", is not half-closeable");
  if (endsBeforeItWrites) text += ", half-closes first";
  if (!polite()) text += " (after " + std::to_string(endAtReceived) + " bytes or " + durationText(endAfter) + ")";
  if (pauses > 0)
    text += ", pauses " + std::to_string(pauses) + " times for " + durationText(pauseFor) + " every " +
            std::to_string(pauseEvery) + " bytes" + (pausedAtFirst ? ", first in connectionMade" : "");
  return text;
}

std::string Plan::text() const {
  static constexpr const char* kRoutes[] = {"TCP", "UNIX", "TCP to a fleeting port", "UNIX to a fleeting port"};
  static constexpr const char* kVisits[] = {"", ", cancelled", ", refused", ", knocks"};
  std::string text = std::string(kRoutes[static_cast<int>(route)]) + kVisits[static_cast<int>(visit)];
  if (visit == Visit::kKnock) text += knockResets ? " and resets" : " and closes";
  return text + "; the client " + client.text() + "; the server " + server.text();
}

Plan makePlan(std::uint64_t seed, std::uint64_t number) {
  Dice dice(seed, number, 1);
  Plan plan;
  const std::uint64_t route = dice.below(20);
  plan.route = route < 9 ? Route::kTcp : route < 16 ? Route::kUnix : route < 18 ? Route::kFleetingTcp : Route::kFleetingUnix;
  // Without an address of its own, a client might be given the port that it connects to.
  plan.binds = plan.route == Route::kFleetingTcp || (plan.route == Route::kTcp && dice.oneIn(2));
  const std::uint64_t visit = dice.below(40);
  if (visit == 0) plan.visit = Visit::kCancelled;
  else if (visit <= 2) plan.visit = Visit::kKnock;
  else if (visit == 3 && plan.binds) plan.visit = Visit::kRefused;
  plan.knockResets = dice.oneIn(2);
  plan.client = drawScript(dice, Role::kClient);
  plan.server = drawScript(dice, Role::kServer);
  if (plan.visit == Visit::kKnock) {
    // A plain socket writes all at once. Sometimes it does not even say who it is.
    plan.client = {};
    plan.client.total = dice.below(dice.oneIn(2) ? 12 : 2000);
    plan.client.ending = Ending::kAbort;
  }
  return plan;
}

}  // namespace teasel::soak
