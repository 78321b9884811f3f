#include <algorithm>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Configuration.h>
#include <rapidcheck/detail/TestListenerAdapter.h>
#include <rapidcheck/gtest.h>

#include "deferred/model/program.hpp"

namespace rc {

/// Makes steps in the proportions in which a person would write them. RapidCheck shrinks a program
/// towards fewer steps and the numbers of a step towards 0.
template <>
struct Arbitrary<teasel::targets::Step> {
  static Gen<teasel::targets::Step> arbitrary() {
    using teasel::targets::Step;
    const auto op = gen::weightedElement<std::uint8_t>({{6, Step::kMake},
                                                        {10, Step::kAdd},
                                                        {6, Step::kFire},
                                                        {3, Step::kFail},
                                                        {4, Step::kCancel},
                                                        {3, Step::kPause},
                                                        {2, Step::kUnpause},
                                                        {1, Step::kTake},
                                                        {2, Step::kForward},
                                                        {3, Step::kDrop},
                                                        {2, Step::kList},
                                                        {2, Step::kFirst},
                                                        {2, Step::kRace},
                                                        {1, Step::kGather},
                                                        {3, Step::kCoroutine},
                                                        {2, Step::kTimeout},
                                                        {2, Step::kAdvance},
                                                        {1, Step::kLeave}});
    const auto small = gen::inRange<std::uint8_t>(0, 8);
    const auto any = gen::arbitrary<std::uint8_t>();
    return gen::apply(
        [](Step step, std::uint8_t mask) {
          if (step.op == Step::kList || step.op == Step::kFirst || step.op == Step::kRace) step.a = mask;
          return step;
        },
        gen::construct<Step>(op, small, small, any, small), any);
  }
};

}  // namespace rc

namespace teasel::targets {

void showValue(const Program& program, std::ostream& out) { out << '\n' << describe(program); }

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint8_t code(Effect effect, CallbackOutcome outcome) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(effect) << 4 | static_cast<unsigned>(outcome));
}
constexpr Step kNew{Step::kMake, 0, 0, 0, 0};
constexpr auto kBoth = static_cast<std::uint8_t>(When::kBoth);
/// A step that adds to d<which>, with addBoth, a callback that returns d<other>.
constexpr Step returning(std::uint8_t which, std::uint8_t other) {
  return {Step::kAdd, which, kBoth, code(Effect::kNone, CallbackOutcome::kDeferred), other};
}

TEST(DeferredProgram, IsDoneOnDeferreds) {
  const Program program{kNew, {Step::kAdd, 0, kBoth, code(Effect::kNone, CallbackOutcome::kValue), 3}, {Step::kFire, 0, 0, 0, 4}};
  EXPECT_THAT(runProgram(program), AllOf(Contains("callback 1 got 4"), Contains("d0 called has 7"), Contains("0 left")));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, ADeferredsStateIsNotedWhenItIsNewOrHasChangedInAnything) {
  const State called{.called = true}, one{.called = true, .has = State::kValue, .value = 1},
      two{.called = true, .has = State::kValue, .value = 2}, failed{.called = true, .has = State::kError, .error = "e1"};
  States states;
  Notes notes;
  for (const State& state : {State{}, State{}, State{.paused = true}, State{.waiting = true}, called, one, one, two, failed})
    states.note(notes, 3, state);
  states.note(notes, 4, failed);
  EXPECT_THAT(notes, ElementsAre("d3 uncalled", "d3 uncalled paused", "d3 uncalled waiting", "d3 called", "d3 called has 1",
                                 "d3 called has 2", "d3 called has e1", "d4 called has e1"));
}

TEST(DeferredProgram, SaysWhatItIsAndWhereBothPart) {
  const Program program{kNew, {Step::kFire, 0, 0, 0, 4}};
  Notes expected = interpretProgram(program);
  std::replace(expected.begin(), expected.end(), std::string("d0 called has 4"), std::string("d0 called has 5"));
  EXPECT_THAT(disagreement(program, runProgram(program), expected),
              AllOf(HasSubstr("d0.callback(4)"), HasSubstr("then the Deferreds: d0 called has 4"),
                    HasSubstr("but expected:       d0 called has 5")));
}

TEST(DeferredProgram, CircleOfReturnedDeferredsIsRefusedByTheLibrary) {
  const Program program{kNew, kNew, returning(0, 1), returning(1, 0), {Step::kFire, 0, 0, 0, 1}, {Step::kFire, 1, 0, 0, 2}};
  EXPECT_THAT(runProgram(program), Contains(HasSubstr("has UsageError")));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, CircleThroughAJoinIsLeftOut) {
  const Program program{kNew, {Step::kList, 1, 0, 0, 0}, returning(0, 1), {Step::kFire, 0, 0, 0, 1}};
  EXPECT_THAT(runProgram(program), AllOf(Contains("d0 called has 1"), Not(Contains(HasSubstr("waiting")))));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, RaceWhoseLosersCoroutineTakesAnotherInputGoesOn) {
  // d2 awaits d0, then d1. The race knows that d3 has won before it has added its callbacks to
  // all inputs.
  const Program program{kNew,
                        kNew,
                        {Step::kCoroutine, 0, 1, kCatches | kSecond, 0},
                        {Step::kMake, 0, 0, 0, 0},
                        {Step::kFire, 3, 0, 0, 0},
                        {Step::kRace, 0x0e, 0, 0, 0}};
  EXPECT_THAT(runProgram(program), Contains("first is 2: 0"));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, CoroutineCancelledWhileItRunsGoesOnBeforeLaterCallbacksOfWhatEndsItsNextWait) {
  // d3 awaits d2, cancels itself, and awaits the list d1. Cancelling the list makes the canceller
  // of d0 fire d0. The list is the first callback of d0.
  const Program program{
      {Step::kMake, static_cast<std::uint8_t>(Canceller::kGives), 0, 0, 1},
      {Step::kList, 1, 0, 0, 0},
      {Step::kAdd, 0, kBoth, code(Effect::kNone, CallbackOutcome::kPass), 0},
      kNew,
      {Step::kCoroutine, 2, 1, static_cast<std::uint8_t>(static_cast<unsigned>(Effect::kCancel) << 4 | kSecond), 3},
      {Step::kFire, 2, 0, 0, 0}};
  const Notes notes = runProgram(program);
  const auto resumed = std::find(notes.begin(), notes.end(), "coroutine 3 got 1");
  EXPECT_NE(std::find(resumed, notes.end(), "callback 1 got 1"), notes.end());
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, EveryByteStringIsOneAndProgramsComeBack) {
  EXPECT_TRUE(decodeProgram("").empty());
  const Program padded = decodeProgram("\1\2\3\4\5\6");
  ASSERT_EQ(padded.size(), 2u);
  EXPECT_EQ(padded[1].op, 6);
  EXPECT_EQ(padded[1].a, 0);
  EXPECT_EQ(encodeProgram(padded), std::string("\1\2\3\4\5\6\0\0\0\0", 10));
  EXPECT_EQ(decodeProgram(ByteView(std::string(1000, 'x'))).size(), kMaxSteps);
}

TEST(DeferredProgram, DroppingWhatACoroutineAwaitsEndsItAndLeavesItsDeferredUnfired) {
  const Program program{kNew, {Step::kCoroutine, 0, 0, 0, 0}, {Step::kDrop, 0, 0, 0, 0}, {Step::kFire, 1, 0, 0, 5}};
  EXPECT_THAT(runProgram(program), AllOf(Contains("d1 called has 5"), Contains("0 left")));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, LeavingReportsAFailureThatArrivedWhilePaused) {
  const Program program{kNew, {Step::kPause, 0, 0, 0, 0}, {Step::kFail, 0, 0, 0, 7}, {Step::kLeave, 0, 0, 0, 0}, kNew};
  EXPECT_THAT(runProgram(program), AllOf(Contains("unhandled e7"), Not(Contains("step 5"))));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, TimesOutWhenItsClockSaysSo) {
  const Program program{kNew, {Step::kTimeout, 0, 0, 0, 9}, {Step::kAdvance, 0, 0, 0, 8}, {Step::kAdvance, 0, 0, 0, 1}};
  EXPECT_THAT(runProgram(program), AllOf(Contains("d0 uncalled"), Contains("d0 called has TimeoutError")));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, CancellerAndCoroutineMayActOnOthers) {
  const Program program{{Step::kMake, 2, 1, code(Effect::kPause, CallbackOutcome::kPass), 4},
                        kNew,
                        {Step::kCoroutine, 0, 0, code(Effect::kFire, CallbackOutcome::kPass), 1},
                        {Step::kCancel, 0, 0, 0, 0}};
  EXPECT_THAT(runProgram(program), AllOf(Contains("coroutine 2 got 4"), Contains("d1 called paused")));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, CancellerThatThrowsFailsWhoeverWaits) {
  const Program program{{Step::kMake, 4, 0, 0, 7}, {Step::kCoroutine, 0, 0, kCatches, 0}, {Step::kCancel, 1, 0, 0, 0}};
  EXPECT_THAT(runProgram(program), Contains("coroutine 1 got e7"));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, CancelledListReachesWhatAnInputWaitsForThatHasReported) {
  const Program program{kNew,
                        kNew,
                        kNew,
                        {Step::kList, 3, 0, kConsume, 0},
                        returning(0, 2),
                        {Step::kFire, 0, 0, 0, 1},
                        {Step::kCancel, 3, 0, 0, 0}};
  EXPECT_THAT(runProgram(program), AllOf(Contains("all are 1 CancelledError"), Contains("d0 called has CancelledError")));
  EXPECT_EQ(disagreement(program), "");
}

TEST(DeferredProgram, ListWhoseInputsAreDeadIsFailedByItsTimeout) {
  const Program program{
      kNew, {Step::kList, 1, 0, 0, 0}, {Step::kTimeout, 1, 0, 0, 5}, {Step::kDrop, 0, 0, 0, 0}, {Step::kAdvance, 0, 0, 0, 5}};
  EXPECT_THAT(runProgram(program), Contains("d1 called has TimeoutError"));
  EXPECT_EQ(disagreement(program), "");
}

/// Runs RapidCheck with 10,000 cases; RC_PARAMS may set another number. Returns an empty string, or
/// the failure that it found and how to reproduce it.
template <class Property>
std::string check(const char* id, Property&& property) {
  const auto& configuration = rc::detail::configuration();
  rc::detail::TestParams params = configuration.testParams;
  if (params.maxSuccess == rc::detail::TestParams().maxSuccess) params.maxSuccess = 10'000;
  rc::detail::TestListenerAdapter silent;
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), rc::detail::TestMetadata{id, id}, params,
                                                silent, configuration.reproduce);
  if (result.template is<rc::detail::SuccessResult>()) return "";
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  if (result.template is<rc::detail::FailureResult>()) {
    rc::detail::Configuration same;
    same.reproduce.emplace(id, result.template get<rc::detail::FailureResult>().reproduce);
    const std::string all = rc::detail::configToMinimalString(same);
    text << "again: RC_PARAMS=\"" << all.substr(0, all.find(' ')) << "\"\n";
  }
  return text.str();
}

TEST(DeferredModel, AFailureNamesTheProgramItsBytesAndHowToSeeItAgain) {
  EXPECT_THAT(check("Demo",
                    [](const Program& program) {
                      Notes wrong = interpretProgram(program);
                      if (wrong.size() > 4) wrong[3] = "nonsense";
                      const std::string difference = disagreement(program, runProgram(program), wrong);
                      if (!difference.empty()) RC_FAIL(difference);
                    }),
              AllOf(HasSubstr("program:\n  1: "), HasSubstr("printf '\\x"), HasSubstr("but expected:       nonsense"),
                    HasSubstr("again: RC_PARAMS=\"reproduce=")));
}

TEST(DeferredModel, ProgramsDoWhatTheInterpreterSaysTheyDo) {
  const std::string found = check("DeferredModel", [](Program program) {
    program.resize(std::min(program.size(), kMaxSteps));  // the limit of decodeProgram
    const std::string difference = disagreement(program);
    if (!difference.empty()) RC_FAIL(difference);
  });
  EXPECT_EQ(found, "");
}

}  // namespace
}  // namespace teasel::targets
