#include "ledger.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teasel::soak {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Both ends half-close when they have sent everything: 100 bytes and 50.
Plan politePlan() {
  Plan plan;
  plan.client.total = 100;
  plan.server.total = 50;
  return plan;
}

/// What an end says that has sent and heard everything.
Outcome whole(std::uint64_t written, std::uint64_t received) {
  return {Reason::kDone, Call::kNone, true, written, received, "ConnectionDone"};
}

Outcome lost(Outcome end) {
  end.reason = Reason::kLost;
  end.cleanEnd = false;
  return end;
}

Outcome aborting(Outcome end) {
  end.reason = Reason::kAborted;
  end.call = Call::kAbort;
  end.cleanEnd = false;
  return end;
}

TEST(SoakCompare, AcceptsTwoEndsThatHeardEverything) {
  EXPECT_THAT(compare(politePlan(), whole(100, 50), whole(50, 100)), IsEmpty());
}

TEST(SoakCompare, FindsACleanEndAfterTooFewBytes) {
  EXPECT_THAT(compare(politePlan(), whole(100, 50), whole(50, 99)),
              ElementsAre(HasSubstr("the server heard a clean end of the stream after 99 of 100 bytes"),
                          HasSubstr("the server received 99 of 100 bytes although both ended in good order")));
}

TEST(SoakCompare, FindsMoreBytesThanWereWritten) {
  Plan plan = politePlan();
  plan.client.ending = Ending::kAbort;
  EXPECT_THAT(compare(plan, aborting(whole(100, 50)), lost(whole(50, 101))),
              ElementsAre(HasSubstr("the server received more than was written: 101 of 100 bytes")));
}

TEST(SoakCompare, FindsAResetByAPeerThatEndedInGoodOrder) {
  EXPECT_THAT(compare(politePlan(), lost(whole(100, 50)), whole(50, 100)),
              ElementsAre(HasSubstr("the client was reset by a peer that ended in good order")));
}

TEST(SoakCompare, FindsThatNotEverythingCouldBeWritten) {
  EXPECT_THAT(compare(politePlan(), whole(60, 50), whole(50, 60)),
              ElementsAre(HasSubstr("the client could write 60 of 100 bytes although both ended in good order")));
}

TEST(SoakCompare, AcceptsThatAHalfCloseCutsAnEndThatIsNotHalfCloseable) {
  Plan plan = politePlan();
  plan.client.halfCloseable = false;
  EXPECT_THAT(compare(plan, whole(60, 50), whole(50, 60)), IsEmpty());
}

TEST(SoakCompare, AcceptsAPrefixAfterAnAbortAndFindsACleanEndOfIt) {
  Plan plan = politePlan();
  plan.client.ending = Ending::kAbort;
  EXPECT_THAT(compare(plan, aborting(whole(80, 20)), lost(whole(50, 70))), IsEmpty());
  EXPECT_THAT(compare(plan, aborting(whole(80, 20)), whole(50, 70)), SizeIs(1));
  plan.route = Route::kUnix;  // an abort looks like a clean end there
  EXPECT_THAT(compare(plan, aborting(whole(80, 20)), whole(50, 70)), IsEmpty());
}

TEST(SoakCompare, FindsAReasonThatDoesNotFit) {
  Plan plan = politePlan();
  plan.client.ending = plan.server.ending = Ending::kAbort;
  Outcome client = aborting(whole(80, 20));
  client.reason = Reason::kLost;
  EXPECT_THAT(compare(plan, client, lost(whole(50, 70))), ElementsAre(HasSubstr("for a reason that does not fit what it did")));
}

class SoakLedger : public ::testing::Test {
 protected:
  /// The first connection that is wanted.
  template <class Wanted>
  std::uint64_t numberOf(Wanted wanted) {
    for (;;)
      if (const std::uint64_t number = ledger.begin(); wanted(ledger.plan(number))) return number;
  }

  Findings findings;
  Ledger ledger{7, std::nullopt, findings};
};

TEST_F(SoakLedger, FindsAnEndThatEndsTwice) {
  const std::uint64_t number = ledger.begin();
  ledger.ended(number, Role::kClient, {});
  ledger.ended(number, Role::kClient, {});
  ASSERT_EQ(findings.count(), 1U);
  EXPECT_EQ(findings.all()[0].number, number);
  EXPECT_EQ(findings.all()[0].what, "the client ended twice");
}

TEST_F(SoakLedger, FindsAClientInGoodOrderOfWhichTheServerNeverHeard) {
  const auto polite = [](const Plan& plan) {
    return plan.client.polite() && !plan.fleeting() && plan.visit == Visit::kConnection;
  };
  ledger.ended(numberOf(polite), Role::kClient, whole(1, 0));
  EXPECT_EQ(findings.count(), 0U);
  ledger.atRest();
  ASSERT_EQ(findings.count(), 1U);
  EXPECT_THAT(findings.all()[0].what, HasSubstr("the server never heard of it"));
}

TEST_F(SoakLedger, AcceptsAClientOfAFleetingPortOfWhichTheServerNeverHeard) {
  ledger.ended(numberOf([](const Plan& plan) { return plan.fleeting(); }), Role::kClient, whole(1, 0));
  ledger.atRest();
  EXPECT_EQ(findings.count(), 0U);
}

TEST_F(SoakLedger, FindsThatASteadyPortRefusesAndAcceptsThatAFleetingOneDoes) {
  ledger.failed(numberOf([](const Plan& plan) { return plan.fleeting(); }), false, "refused");
  EXPECT_EQ(findings.count(), 0U);
  ledger.failed(numberOf([](const Plan& plan) { return !plan.fleeting(); }), false, "refused");
  EXPECT_EQ(findings.count(), 1U);
}

TEST(SoakPattern, AgreesWithItselfFromAnyPositionAndWithNothingElse) {
  const Pattern pattern(3, 77, Role::kClient);
  std::string bytes(5000, '\0');
  pattern.fill(0, bytes.data(), bytes.size());
  EXPECT_EQ(Pattern::numberIn(ByteView(bytes).sub(0, Pattern::kHeader)), 77U);
  for (std::size_t from = 0; from < 40; ++from) {
    EXPECT_EQ(pattern.agree(from, ByteView(bytes).sub(from)), bytes.size() - from);
    std::string part(23, '\0');
    pattern.fill(from, part.data(), part.size());
    EXPECT_EQ(part, bytes.substr(from, part.size()));
  }
  EXPECT_LT(pattern.agree(9, ByteView(bytes).sub(8)), 8U);
  EXPECT_LT(Pattern(3, 78, Role::kClient).agree(8, ByteView(bytes).sub(8)), 8U);
  EXPECT_LT(Pattern(3, 77, Role::kServer).agree(8, ByteView(bytes).sub(8)), 8U);
  bytes[4321] = static_cast<char>(bytes[4321] ^ 1);
  EXPECT_EQ(pattern.agree(0, bytes), 4321U);
}

TEST(SoakPlan, DependsOnTheSeedAndTheNumberAndOnNothingElse) {
  for (std::uint64_t number = 0; number < 50; ++number) {
    EXPECT_EQ(makePlan(5, number).text(), makePlan(5, number).text());
    EXPECT_NE(makePlan(5, number).text(), makePlan(5, number + 1).text());
    EXPECT_NE(makePlan(5, number).text(), makePlan(6, number).text());
  }
}

TEST(SoakPlan, HasEveryKindOfConnectionAndNoTwoEndsThatWaitForEachOther) {
  std::set<Route> routes;
  std::set<Visit> visits;
  std::set<std::pair<Way, Ending>> clients, servers;
  for (std::uint64_t number = 0; number < 2000; ++number) {
    const Plan plan = makePlan(1, number);
    routes.insert(plan.route);
    visits.insert(plan.visit);
    clients.insert({plan.client.way, plan.client.ending});
    servers.insert({plan.server.way, plan.server.ending});
    EXPECT_NE(plan.client.ending, Ending::kLoseAfterPeer);
  }
  EXPECT_THAT(routes, SizeIs(4));
  EXPECT_THAT(visits, SizeIs(4));
  EXPECT_THAT(clients, SizeIs(5 * 7));
  EXPECT_THAT(servers, SizeIs(5 * 8));
}

}  // namespace
}  // namespace teasel::soak
