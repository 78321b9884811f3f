#include <teasel/props/work.hpp>

#include <string>

#include <gtest/gtest.h>

namespace teasel::props {
namespace {

/// What work_unit.cpp measures, once more.
__attribute__((noinline)) std::size_t twoLoops(const std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n') return at;
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from < end)
    if (*from++ == '\n') return 0;
  return text.size();
}

/// Counts delimiters of two bytes.
__attribute__((noinline)) std::size_t delimiters(const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = 0; at + 1 < text.size(); ++at)
    if (text[at] == '\r' && text[at + 1] == '\n') ++found;
  return found;
}

template <class F>
double stepsPerByte(F&& code) {
  const std::string text(10'000, 'x');
  const std::uint64_t before = workDone();
  [[maybe_unused]] const volatile std::size_t used = code(text);  // or nothing would have to run
  return static_cast<double>(workDone() - before) / static_cast<double>(text.size());
}

TEST(Work, ALoopOverTheBytesOfAStringCostsTheSameInEveryBuild) { EXPECT_NEAR(stepsPerByte(twoLoops), 4.0, 0.05); }

TEST(Work, OtherCodeCostsAboutTheSameInEveryBuild) {
  EXPECT_GT(stepsPerByte(delimiters), 1.3);
  EXPECT_LT(stepsPerByte(delimiters), 4.0);
}

TEST(Work, WhatCodeReportsItselfIsNotScaled) {
  const std::uint64_t before = workDone();
  countWork(1000);
  EXPECT_NEAR(static_cast<double>(workDone() - before), 1000.0, 20.0);
}

}  // namespace
}  // namespace teasel::props
