#include <teasel/core/unique_function.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>

namespace teasel {
namespace {

TEST(UniqueFunction, HoldsWhatCannotBeCopied) {
  UniqueFunction<int(int)> f = [p = std::make_unique<int>(40)](int more) { return *p + more; };
  UniqueFunction<int(int)> g = std::move(f);
  EXPECT_FALSE(f);
  EXPECT_EQ(g(2), 42);
}

TEST(UniqueFunction, HoldsCapturesLargerThanItself) {
  std::array<int, 64> many{};
  many[63] = 7;
  UniqueFunction<int()> f = [many] { return many[63]; };
  UniqueFunction<int()> g;
  g = std::move(f);
  EXPECT_EQ(g(), 7);
}

TEST(UniqueFunction, DestroysItsCaptureOnce) {
  const auto counted = std::make_shared<int>(0);
  {
    UniqueFunction<void()> f = [counted] {};
    UniqueFunction<void()> g = std::move(f);
    EXPECT_EQ(counted.use_count(), 2);
    g.reset();
    EXPECT_EQ(counted.use_count(), 1);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(UniqueFunction, CallingAnEmptyOneThrows) {
  UniqueFunction<void()> f;
  EXPECT_THROW(f(), std::bad_function_call);
}

TEST(UniqueFunction, CallsAPointerToMemberWithTheObjectThatComesFirst) {
  struct Counter {
    int add(int more) { return value += more; }
    int value = 1;
  };
  Counter counter;
  UniqueFunction<int(Counter&, int)> ofObject = &Counter::add;
  UniqueFunction<int(Counter*, int)> ofPointer = &Counter::add;
  UniqueFunction<int(std::reference_wrapper<Counter>, int)> ofReference = &Counter::add;
  UniqueFunction<int(const Counter&)> ofMember = &Counter::value;
  EXPECT_EQ(ofObject(counter, 1), 2);
  EXPECT_EQ(ofPointer(&counter, 2), 4);
  EXPECT_EQ(ofReference(std::ref(counter), 3), 7);
  EXPECT_EQ(ofMember(counter), 7);
}

TEST(UniqueFunction, DropsWhatAFunctionGivesWhereNothingIsWanted) {
  int calls = 0;
  UniqueFunction<void()> f = [&] { return ++calls; };
  f();
  EXPECT_EQ(calls, 1);
}

TEST(UniqueFunction, PassesReferencesThrough) {
  UniqueFunction<void(std::unique_ptr<int>&)> f = [](std::unique_ptr<int>& p) { p = std::make_unique<int>(3); };
  std::unique_ptr<int> p;
  f(p);
  EXPECT_EQ(*p, 3);
}

}  // namespace
}  // namespace teasel
