#include <teasel/reactor/resolver.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/reactor/literal_resolver.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::FakeClock;

/// Keeps its questions, or answers them inside `ask`.
class Double final : public Resolver {
 public:
  using Resolver::Resolver;
  std::vector<std::shared_ptr<Question>> questions;
  std::vector<Address> atOnce;
  bool throws = false;

 private:
  void ask(std::shared_ptr<Question> question) override {
    if (throws) throw UsageError("no");
    if (!atOnce.empty()) question->answer(atOnce);
    questions.push_back(std::move(question));
  }
};

Address ip(std::string_view literal) { return *Address::parse(literal, 0); }

class ResolverTest : public testing::Test {
 protected:
  Lookup ask(std::string name, Duration timeout = Resolver::kTimeout) {
    return resolver->resolve(
        std::move(name), 80,
        [this](std::vector<Address> addresses, const Failure& why) {
          ++answers;
          got = std::move(addresses);
          failure = why;
        },
        timeout);
  }
  bool failedWith(std::string_view text) const {
    return failure.check<DNSLookupError>() != nullptr && std::string_view(failure.what()).find(text) != std::string_view::npos;
  }

  FakeClock clock;
  std::unique_ptr<Double> resolver = std::make_unique<Double>(clock);
  int answers = 0;
  std::vector<Address> got;
  Failure failure;
};

TEST_F(ResolverTest, GivesTheAddressesInOrderWithThePortThatWasAskedFor) {
  const Lookup lookup = ask("www.example");
  EXPECT_TRUE(lookup.pending());
  ASSERT_EQ(resolver->questions.size(), 1u);
  EXPECT_EQ(resolver->questions[0]->name(), "www.example");
  resolver->questions[0]->answer({ip("10.0.0.2"), ip("::1"), ip("10.0.0.2")});
  EXPECT_EQ(got, (std::vector{*Address::parse("10.0.0.2", 80), *Address::parse("::1", 80)}));
  EXPECT_FALSE(failure);
  EXPECT_FALSE(lookup.pending());
  EXPECT_EQ(resolver->openQuestions(), 0u);
  EXPECT_TRUE(clock.getDelayedCalls().empty());
}

TEST_F(ResolverTest, AnAnswerInsideAskComesInALaterTurn) {
  resolver->atOnce = {ip("10.0.0.2")};
  const Lookup lookup = ask("www.example");
  EXPECT_EQ(answers, 0);
  EXPECT_TRUE(lookup.pending());
  clock.advance(0s);
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(got.size(), 1u);
}

TEST_F(ResolverTest, ALiteralIsItsOwnAddressAndIsNotAskedFor) {
  ask("::1");
  EXPECT_EQ(answers, 0);
  clock.advance(0s);
  EXPECT_EQ(got, std::vector{*Address::parse("::1", 80)});
  EXPECT_TRUE(resolver->questions.empty());
}

TEST_F(ResolverTest, OnlyTheFirstAnswerCounts) {
  ask("www.example");
  resolver->questions[0]->answer({ip("10.0.0.2")});
  resolver->questions[0]->answer({ip("10.0.0.3")});
  resolver->questions[0]->fail(Failure(DNSLookupError("late")));
  EXPECT_EQ(answers, 1);
  EXPECT_FALSE(failure);
}

TEST_F(ResolverTest, AnAnswerWithoutAddressesIsALookupError) {
  ask("www.example");
  resolver->questions[0]->answer({});
  EXPECT_TRUE(failedWith("the name www.example has no address"));
}

TEST_F(ResolverTest, AddressesThatAreNeitherIpv4NorIpv6AreLeftOut) {
  const Address path = Address::unixPath("/run/app");
  ask("www.example"), ask("path.example");
  resolver->questions[0]->answer({path, ip("10.0.0.2"), Address(), ip("::1")});
  EXPECT_EQ(got, (std::vector{*Address::parse("10.0.0.2", 80), *Address::parse("::1", 80)}));
  resolver->questions[1]->answer({path, Address()});
  EXPECT_TRUE(failedWith("the name path.example has no IPv4 or IPv6 address"));
}

TEST_F(ResolverTest, ACancelledQuestionIsNotAnsweredAndLeavesNothing) {
  const auto captured = std::make_shared<int>();
  Lookup lookup = resolver->resolve("www.example", 80, [captured, this](auto&&...) { ++answers; });
  EXPECT_EQ(captured.use_count(), 2);
  lookup.cancel();
  lookup.cancel();
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_FALSE(resolver->questions[0]->pending());
  resolver->questions[0]->answer({ip("10.0.0.2")});
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(resolver->openQuestions(), 0u);
  EXPECT_TRUE(clock.getDelayedCalls().empty());
}

TEST_F(ResolverTest, ACancelledLiteralIsNotAnswered) {
  ask("10.0.0.1").cancel();
  clock.advance(1s);
  EXPECT_EQ(answers, 0);
}

TEST_F(ResolverTest, CancelInsideTheAnswerDoesNothing) {
  Lookup lookup;
  lookup = resolver->resolve("www.example", 80, [&](auto&&...) { ++answers, lookup.cancel(); });
  resolver->questions[0]->answer({ip("10.0.0.2")});
  EXPECT_EQ(answers, 1);
}

TEST_F(ResolverTest, NoAnswerInTimeIsATimeoutErrorThatIsALookupError) {
  ask("www.example", 3s);
  clock.advance(2999ms);
  EXPECT_EQ(answers, 0);
  clock.advance(1ms);
  EXPECT_EQ(answers, 1);
  EXPECT_NE(failure.check<DNSTimeoutError>(), nullptr);
  EXPECT_TRUE(failedWith("looking up www.example took longer than 3"));
  resolver->questions[0]->answer({ip("10.0.0.2")});
  EXPECT_EQ(answers, 1);
}

TEST_F(ResolverTest, AQuestionWithoutATimeLimitWaitsForEver) {
  ask("www.example", Duration::max());
  EXPECT_TRUE(clock.getDelayedCalls().empty());
  resolver->questions[0]->answer({ip("10.0.0.2")});
  EXPECT_EQ(answers, 1);
}

TEST_F(ResolverTest, ADestroyedResolverDropsItsQuestions) {
  const Lookup lookup = ask("www.example");
  const auto question = resolver->questions[0];
  resolver.reset();
  EXPECT_FALSE(lookup.pending());
  question->answer({ip("10.0.0.2")});
  clock.advance(100s);
  EXPECT_EQ(answers, 0);
}

TEST_F(ResolverTest, QuestionsThatAreHandedOverFailInALaterTurnUnlessTheyAreAnswered) {
  ask("www.example", Duration::max());
  ask("10.0.0.1");
  ask("cancelled.example").cancel();
  const auto question = resolver->questions[0];
  auto successor = std::make_unique<Double>(clock);
  resolver->handOver(*successor);
  resolver = std::move(successor);
  EXPECT_EQ(resolver->openQuestions(), 2u);
  question->answer({ip("10.0.0.2")});
  EXPECT_EQ(answers, 0) << "this answer comes too late";
  clock.advance(0s);
  EXPECT_EQ(answers, 2);
  EXPECT_TRUE(failedWith("cannot resolve www.example: the resolver was replaced"));
  EXPECT_EQ(resolver->openQuestions(), 0u);
}

TEST_F(ResolverTest, AQuestionThatWasHandedOverCanBeCancelled) {
  Lookup lookup = ask("www.example");
  Double successor(clock);
  resolver->handOver(successor);
  resolver.reset();
  lookup.cancel();
  clock.advance(100s);
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(successor.openQuestions(), 0u);
}

TEST_F(ResolverTest, NamesThatTheSystemTakesForNumbersFailWithoutBeingAskedFor) {
  for (const char* name : {"127.1", "0177.0.0.1", "2130706433", "0x7f.1", "0x7F000001", "1", "127.0.0.010", "1.", "0x", "a.1"}) {
    failure = {};
    ask(name);
    clock.advance(0s);
    EXPECT_TRUE(failedWith("its last part is a number, and it is no IP address")) << name << ": " << failure;
  }
  EXPECT_TRUE(resolver->questions.empty());
  for (const char* name : {"1.example", "0x7f.example", "1a", "0xg", "x1"}) ask(name);
  EXPECT_EQ(resolver->questions.size(), 5u);
}

TEST_F(ResolverTest, BadNamesFailWithoutBeingAskedFor) {
  const std::string longName = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.';
  const std::pair<std::string, std::string> cases[] = {
      {"", "it is empty"},
      {".", "it is empty"},
      {"a..b", "a part between dots is empty"},
      {".a", "a part between dots is empty"},
      {"a..", "a part between dots is empty"},
      {"a b", "letters, digits"},
      {std::string("a\0b", 3), "letters, digits"},
      {"b\xc3\xbc.example", "letters, digits"},
      {"10.0.0.1:80", "letters, digits"},
      {std::string(64, 'a'), "more than 63 bytes"},
      {longName + std::string(62, 'd'), "more than 253 bytes"},
  };
  for (const auto& [name, problem] : cases) {
    ask(name);
    clock.advance(0s);
    EXPECT_TRUE(failedWith(problem)) << name << ": " << failure;
  }
  EXPECT_TRUE(resolver->questions.empty());
}

TEST_F(ResolverTest, TheLongestNameAndADotAtTheEndAreAskedFor) {
  const std::string longest =
      std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' + std::string(61, 'd');
  ask(longest);
  ask(longest + '.');
  ask("_dns.www-1.example.");
  EXPECT_EQ(resolver->questions.size(), 3u);
}

TEST_F(ResolverTest, AtMostSixtyFourAddressesAreKept) {
  ask("www.example");
  std::vector<Address> many;
  for (int i = 0; i < 100; ++i) many.push_back(Address::ipv4(10, 0, 0, static_cast<std::uint8_t>(i), 0));
  resolver->questions[0]->answer(many);
  EXPECT_EQ(got.size(), Resolver::kMaxAddresses);
}

TEST_F(ResolverTest, TooManyOpenQuestionsFail) {
  for (std::size_t i = 0; i < Resolver::kMaxOpen; ++i) ask("www.example");
  ask("one.more");
  clock.advance(0s);
  EXPECT_TRUE(failedWith("cannot resolve one.more: 10000 names"));
  EXPECT_EQ(answers, 1);
}

TEST_F(ResolverTest, ImpossibleArgumentsAreRefused) {
  EXPECT_THROW(resolver->resolve("www.example", 80, nullptr), UsageError);
  EXPECT_THROW(ask("www.example", -1ns), NegativeDelay);
  EXPECT_EQ(resolver->openQuestions(), 0u);
}

TEST_F(ResolverTest, AResolverThatThrowsLeavesNoQuestion) {
  resolver->throws = true;
  EXPECT_THROW(ask("www.example"), UsageError);
  EXPECT_EQ(resolver->openQuestions(), 0u);
}

TEST(LiteralResolverTest, KnowsLocalhostAndNothingElse) {
  FakeClock clock;
  LiteralResolver resolver(clock);
  std::vector<Address> local;
  Failure failure;
  resolver.resolve("localhost", 7, [&](std::vector<Address> addresses, const Failure&) { local = std::move(addresses); });
  resolver.resolve("www.example", 7, [&](const std::vector<Address>&, const Failure& why) { failure = why; });
  clock.advance(0s);
  EXPECT_EQ(local, std::vector{Address::ipv4(127, 0, 0, 1, 7)});
  for (const char* same : {"LocalHost", "localhost."}) EXPECT_TRUE(isLocalhost(same)) << same;
  for (const char* other : {"", ".", "localhos", "localhosts", "localhost..", "local host"})
    EXPECT_FALSE(isLocalhost(other)) << other;
  EXPECT_NE(failure.check<DNSLookupError>(), nullptr);
}

}  // namespace
}  // namespace teasel
