// What must not compile, and what the compiler is to say. ci/refusals reads the comments that begin
// a case.
#include <array>
#include <chrono>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/join.hpp>

using namespace teasel;

// --- Parameters of coroutines

// refused: ACoroutineThatTakesAByteView: a coroutine keeps its parameters longer than the call:
// take them by value
Deferred<void> takesByteView(ByteView) { co_return; }

// refused: ACoroutineThatTakesAConstByteView: a coroutine keeps its parameters longer than the call
Deferred<int> takesConstByteView(const ByteView) { co_return 1; }

// refused: ACoroutineThatTakesAReferenceToAByteView: a coroutine keeps its parameters longer than
// the call
Deferred<void> takesByteViewReference(const ByteView&) { co_return; }

// refused: ACoroutineThatTakesAStringView: std::string instead of a view
Deferred<void> takesStringView(std::string_view) { co_return; }

// refused: ACoroutineThatTakesAWideStringView: a coroutine keeps its parameters longer than the
// call
Deferred<void> takesWideStringView(std::u16string_view) { co_return; }

// refused: ACoroutineThatTakesASpan: a coroutine keeps its parameters longer than the call
Deferred<void> takesSpan(std::span<const int>) { co_return; }

// refused: ACoroutineThatTakesASpanOfFixedSize: a coroutine keeps its parameters longer than the
// call
Deferred<void> takesFixedSpan(std::span<std::byte, 4>) { co_return; }

// refused: ACoroutineThatTakesAnInitializerList: a coroutine keeps its parameters longer than the
// call
Deferred<void> takesList(std::initializer_list<int>) { co_return; }

// refused: ACoroutineThatTakesAVectorOfViews: a coroutine keeps its parameters longer than the call
Deferred<void> takesVector(std::vector<std::string_view>) { co_return; }

// refused: ACoroutineThatTakesAReferenceToAVectorOfViews: a coroutine keeps its parameters longer
// than the call
Deferred<void> takesVectorReference(const std::vector<ByteView>&) { co_return; }

// refused: ACoroutineThatTakesAnOptionalView: a coroutine keeps its parameters longer than the call
Deferred<void> takesOptional(std::optional<std::string_view>) { co_return; }

// refused: ACoroutineThatTakesAnArrayOfViews: a coroutine keeps its parameters longer than the call
Deferred<void> takesArray(std::array<ByteView, 2>) { co_return; }

// refused: ACoroutineThatTakesAPairWithAView: a coroutine keeps its parameters longer than the call
Deferred<void> takesPair(std::pair<int, std::string_view>) { co_return; }

// refused: ACoroutineThatTakesATupleWithAView: a coroutine keeps its parameters longer than the
// call
Deferred<void> takesTuple(std::tuple<int, ByteView, std::string>) { co_return; }

// refused: ACoroutineThatTakesAVariantWithAView: a coroutine keeps its parameters longer than the
// call
Deferred<void> takesVariant(std::variant<int, std::string_view>) { co_return; }

// refused: ACoroutineThatTakesViewsInsideOneAnother: a coroutine keeps its parameters longer than
// the call
Deferred<void> takesNested(std::vector<std::pair<int, std::optional<ByteView>>>) { co_return; }

// refused: ACoroutineThatTakesAnRvalueReference: a coroutine keeps its parameters longer than the
// call
Deferred<void> takesRvalue(std::string&&) { co_return; }

// refused: ACoroutineWhoseSecondParameterBorrows: a coroutine keeps its parameters longer than the
// call
Deferred<void> takesSecond(int, std::string_view) { co_return; }

// refused: ALambdaThatTakesAView: a coroutine keeps its parameters longer than the call
const auto lambdaWithView = [](std::string, ByteView) -> Deferred<void> { co_return; };

// refused: AMemberFunctionThatTakesAView: a coroutine keeps its parameters longer than the call
struct MemberWithView {
  Deferred<void> takes(std::string_view) { co_return; }
};

// refused: ATemplateThatIsCalledWithAView: a coroutine keeps its parameters longer than the call
template <class T>
Deferred<long> takesAnything(T) {
  co_return 1;
}
Deferred<long> callsTemplate() { return takesAnything(ByteView("x")); }

// compiles: CoroutinesThatTakeWhatTheyOwn
Deferred<void> takesOwned(std::string, std::vector<std::string>, std::optional<int>, std::unique_ptr<int>) { co_return; }
Deferred<int> takesHandles(Deferred<int> wait, std::shared_ptr<std::string>) { co_return co_await wait; }
Deferred<int> takesReferences(int& out, const std::string&, const int*) { co_return out; }

// compiles: AFunctionThatIsNoCoroutineMayTakeAView
Deferred<std::size_t> plainWithView(std::string_view text) { return succeed(text.size()); }

// --- What is awaited

// refused: AwaitingAValue: only a Deferred can be awaited
Deferred<int> awaitsValue() { co_return co_await 5; }

// refused: AwaitingAnLvalue: only a Deferred can be awaited
Deferred<void> awaitsLvalue(std::string text) { co_await text; }

// refused: AwaitingAFunctionInsteadOfItsResult: only a Deferred can be awaited
Deferred<int> awaitsFunction() { co_return co_await takesReferences; }

// refused: AwaitingAPointerToADeferred: only a Deferred can be awaited
Deferred<int> awaitsPointer(Deferred<int>* wait) { co_return co_await wait; }

// refused: AwaitingAResult: only a Deferred can be awaited
Deferred<int> awaitsResult(Result<int> result) { co_return co_await std::move(result); }

// refused: AwaitingAnAwaiterOfSomebodyElse: only a Deferred can be awaited
Deferred<void> awaitsForeign() { co_await std::suspend_always(); }

// compiles: AwaitingEveryKindOfDeferred
struct Named : Deferred<int> {};
Deferred<int> awaitsAll(Deferred<int> a, const Deferred<int> b, const Deferred<int>& c, Named d, std::vector<Deferred<int>> e) {
  int sum = co_await a + co_await b + co_await c + co_await d + co_await std::move(a) + co_await succeed(1);
  for (const auto& each : e) sum += co_await each;
  co_return sum;
}
const auto awaitsACapture = [](Deferred<int> wait) { return [wait]() -> Deferred<int> { co_return co_await wait; }; };

// --- What a coroutine returns

// refused: ACoroutineThatReturnsAnotherType: return_value
Deferred<int> returnsText() { co_return std::string("text"); }

// refused: ACoroutineThatYields: yield_value
Deferred<int> yields() {
  co_yield 1;
  co_return 2;
}

// --- Callbacks

// refused: ACallbackThatTakesAnotherType: addCallback: the callback must take a value of the
// chain's type, or nothing
void callbackOfText(Deferred<int> d) {
  d.addCallback([](const std::string&) { return 1; });
}

// refused: ACallbackThatTakesTwoArguments: addCallback: the callback must take a value of the
// chain's type, or nothing
void callbackOfTwo(Deferred<int> d) {
  d.addCallback([](int, int) { return 1; });
}

// refused: ACallbackOfAVoidChainThatTakesAValue: addCallback: the callback must take a value of the
// chain's type, or nothing
void callbackOfVoid(Deferred<void> d) {
  d.addCallback([](int) {});
}

// refused: AnErrbackThatTakesAnotherType: addErrback: the errback must take a Failure or nothing
void errbackOfValue(Deferred<int> d) {
  d.addErrback([](int) { return 1; });
}

// refused: AnErrbackThatGivesAnotherType: and give a value of the chain's type, a Failure, or
// nothing
void errbackGivesText(Deferred<int> d) {
  d.addErrback([](const Failure&) { return std::string(); });
}

// refused: AnErrbackForATypeThatTakesAnother: addErrback<E...>: the errback must take a const E& of
// each, a Failure, or nothing
void errbackOfOtherError(Deferred<int> d) {
  d.addErrback<TimeoutError>([](const ConnectionLost&) { return 1; });
}

// refused: AnErrbackForTwoTypesThatTakesOne: addErrback<E...>: the errback must take a const E& of
// each, a Failure, or nothing
void errbackOfOneOfTwo(Deferred<int> d) {
  d.addErrback<TimeoutError, ConnectionLost>([](const ConnectionLost&) { return 1; });
}

// refused: AnErrbackForTwoTypesThatGivesTwo: addErrback<E...>: the errback must give one type
void errbackGivesTwo(Deferred<int> d) {
  struct Gives {
    int operator()(const TimeoutError&) const { return 1; }
    long operator()(const ConnectionLost&) const { return 1; }
  };
  d.addErrback<TimeoutError, ConnectionLost>(Gives());
}

// refused: ACallbackThatChangesTheTypeAndIsTheLastLink: ignoring return value
void dropsCallback(Deferred<int> d) {
  d.addCallback([](int) { return std::string(); });
}

// refused: ACallbackThatGivesNothingAndIsTheLastLink: ignoring return value
void dropsVoidCallback(Deferred<int> d) {
  d.addCallback([](int) {});
}

// refused: ACallbackForBothThatChangesTheTypeAndIsTheLastLink: ignoring return value
void dropsBoth(Deferred<int> d) {
  d.addBoth([](const Result<int>&) { return std::string(); });
}

// refused: CallbacksThatTakeOneAnothersArguments: addCallbacks: the first must take a value of the
// chain's type or nothing
void swapped(Deferred<int> d) {
  d.addCallbacks([](const Failure&) { return 1; }, [](int) { return 1; });
}

// refused: CallbacksThatGiveDifferentTypes: addCallbacks: callback and errback must give the same
// type
void different(Deferred<int> d) {
  static_cast<void>(d.addCallbacks([] { return 1; }, [] { return std::string(); }));
}

// refused: ACallbackForBothThatTakesAValue: addBoth: it must take a Result of the chain's type
void bothOfValue(Deferred<int> d) {
  d.addBoth([](int) { return 1; });
}

// refused: ATapThatTakesAnotherType: tap: it must take a const T& of the chain's type, or nothing
void tapOfText(Deferred<int> d) {
  d.tap([](const std::string&) {});
}

// refused: ATapThatWantsToChangeTheValue: tap: it must take a const T& of the chain's type, or
// nothing
void tapChanges(Deferred<int> d) {
  d.tap([](int& value) { ++value; });
}

// refused: ATapOfFailuresThatTakesAValue: tapErrback: it must take a const Failure&, or nothing
void tapErrbackOfValue(Deferred<int> d) {
  d.tapErrback([](int) {});
}

// refused: ATapOfBothThatTakesAValue: tapBoth: it is called without argument
void tapBothOfValue(Deferred<int> d) {
  d.tapBoth([](int) {});
}

// refused: ATimeoutHandlerThatGivesAnotherType: addTimeout: onTimeout must give the chain's type, a
// Failure or a Result
void timeoutGivesText(Deferred<int> d, Clock& clock) {
  d.addTimeout(std::chrono::seconds(1), clock, [](const Result<int>&, Duration) { return std::string(); });
}

// compiles: CallbacksThatFit
void fitting(Deferred<int> d, Clock& clock) {
  d.addCallback([](int value) { return value; }).addCallback([](const int&) { return 1; }).addCallback([] { return 1; });
  d.addErrback([](const Failure&) { return 1; }).addErrback([](Failure failure) { return failure; }).addErrback([] { return 1; });
  d.addErrback<TimeoutError>([](const TimeoutError&) { return 1; }).addErrback<TimeoutError>([](const auto&) { return 1; });
  d.addBoth([](const Result<int>&) { return 1; }).tap([](const int&) {}).tapErrback([](const Failure&) {}).tapBoth([] {});
  d.addTimeout(std::chrono::seconds(1), clock, [](Result<int> result, Duration) { return result; });
  d.addErrback<TimeoutError, ConnectionLost>([](const auto&) { return 1; }).addErrback<TimeoutError>([](Failure f) { return f; });
  d.addErrback([] {});
}
void lastLink(Deferred<int> d) {
  d.addBoth([](const auto&) {});
}

// --- Firing and carrying

// refused: FiringWithADeferred: a Deferred is returned from a callback, or fires this one by
// chainDeferred
void firesWithDeferred(Deferred<int> d) { d.callback(Deferred<int>()); }

// refused: FiringWithAnotherType: callback: it must get a value of the Deferred's type, or a
// Failure
void firesWithText(Deferred<int> d) { d.callback("text"); }

// refused: FiringAVoidDeferredWithAValue: callback: it must get a value of the Deferred's type, or
// a Failure
void firesVoidWithValue(Deferred<void> d) { d.callback(1); }

// refused: GatheringWithABareBool: gatherResults
void gathersWithBool(const std::vector<Deferred<int>>& inputs) { gatherResults(inputs, true).take(); }

// compiles: JoiningWithOptions
void joins(const std::vector<Deferred<int>>& inputs) {
  deferredList(inputs, {}).take();
  deferredList(inputs, {.consumeErrors = true}).take();
  deferredList(inputs, fireOnOneCallback, {}).take();
  gatherResults(inputs, {}).take();
  gatherResults(inputs, {.consumeErrors = true}).take();
}

// refused: ADeferredOfADeferred: a chain carries what is inside
void carriesDeferred() { Deferred<Deferred<int>> d; }

// refused: ADeferredOfAResult: a chain carries what is inside
void carriesResult() { Deferred<Result<int>> d; }

// refused: ADeferredOfAReference: a Deferred carries plain values
void carriesReference() { Deferred<int&> d; }

// refused: ChainingToADeferredOfAnotherType: Deferred<int>
void chainsToText(Deferred<int> d, Deferred<std::string> other) { d.chainDeferred(other); }

// refused: ExecutingAFunctionThatGivesADeferred: execute
void executesDeferred() {
  static_cast<void>(execute([] { return succeed(1); }));
}

// compiles: FiringWithWhatConverts
void fires(const Deferred<long>& d, const Deferred<std::string>& text, const Deferred<void>& nothing, Failure failure) {
  d.callback(1);
  text.callback("text");
  text.callback({});
  text.callback(failure);
  text.callback(std::move(failure));
  nothing.callback();
  nothing.callback(Site::here());
}
