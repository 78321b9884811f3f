#include <teasel/application/service.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/gtest/matchers.hpp>
#include <teasel/gtest/results.hpp>

namespace teasel {
namespace {

using gtest::FailedWith;
using gtest::HasNoResult;
using gtest::HasSucceeded;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Lines = std::vector<std::string>;

/// Writes down what it is told. The test says what else it does.
class Note final : public Service {
 public:
  Note(Lines* lines, std::string label) : lines_(lines), label_(std::move(label)) {}
  void privilegedStartService() override {
    lines_->push_back(label_ + " privileged");
    if (onPrivileged) onPrivileged();
  }
  void startService() override {
    lines_->push_back(label_ + " start");
    Service::startService();
    if (onStart) onStart();
  }
  Deferred<void> stopService() override {
    lines_->push_back(label_ + " stop");
    Service::stopService();
    if (onStop) onStop();
    return stopping ? stopping : succeed();
  }
  std::function<void()> onPrivileged, onStart, onStop;
  Deferred<void> stopping{nullptr};

 private:
  Lines* lines_;
  std::string label_;
};

class MultiServiceTest : public testing::Test {
 protected:
  Lines lines;
  std::shared_ptr<MultiService> parent = std::make_shared<MultiService>();
  std::shared_ptr<Note> make(const std::string& label) { return std::make_shared<Note>(&lines, label); }
  std::shared_ptr<Note> add(const std::string& label) {
    auto child = make(label);
    child->setServiceParent(parent);
    return child;
  }
  void start() {
    parent->privilegedStartService();
    parent->startService();
  }
  Lines taken() { return std::exchange(lines, {}); }
};

std::function<void()> thrower(const char* what) {
  return [what] { throw std::runtime_error(what); };
}

TEST_F(MultiServiceTest, AServiceHasTheNameThatItWasGiven) {
  const auto service = make("a");
  EXPECT_EQ(service->name(), "");
  service->setName("hello");
  EXPECT_EQ(service->name(), "hello");
}

TEST_F(MultiServiceTest, TheNameCannotChangeUnderAParent) {
  const auto child = add("a");
  EXPECT_THROW(child->setName("hello"), UsageError);
}

TEST_F(MultiServiceTest, AChildKnowsItsParentAndTheParentItsChildren) {
  const auto a = add("a"), b = add("b");
  EXPECT_EQ(a->parent(), parent);
  EXPECT_THAT(parent->services(), ElementsAre(a, b));
  EXPECT_EQ(parent->size(), 2u);
}

TEST_F(MultiServiceTest, FindsAChildByItsName) {
  const auto child = make("a");
  child->setName("hello");
  child->setServiceParent(parent);
  EXPECT_EQ(parent->getServiceNamed("hello"), child);
  EXPECT_EQ(parent->getServiceNamed("other"), nullptr);
  EXPECT_EQ(parent->getServiceNamed(""), nullptr);
}

TEST_F(MultiServiceTest, RefusesASecondChildOfTheSameName) {
  for (const auto& child : {make("a"), make("b")}) {
    child->setName("hello");
    if (parent->size() == 0) parent->addService(child);
    else EXPECT_THAT([&] { parent->addService(child); }, ThrowsMessage<UsageError>(HasSubstr("child named \"hello\" already")));
  }
  EXPECT_EQ(parent->size(), 1u);
}

TEST_F(MultiServiceTest, ANameIsFreeAgainWhenItsChildWasRemoved) {
  auto child = make("a");
  child->setName("hello");
  child->setServiceParent(parent);
  EXPECT_THAT(child->disownServiceParent(), HasSucceeded());
  EXPECT_EQ(child->parent(), nullptr);
  EXPECT_EQ(parent->getServiceNamed("hello"), nullptr);
  child->setServiceParent(parent);
  EXPECT_EQ(parent->getServiceNamed("hello"), child);
}

TEST_F(MultiServiceTest, RefusesWhatCannotBeAChild) {
  const auto inner = std::make_shared<MultiService>();
  parent->addService(inner);
  EXPECT_THROW(parent->addService(nullptr), UsageError);
  EXPECT_THROW(parent->addService(parent), UsageError);
  EXPECT_THROW(inner->addService(parent), UsageError) << "it contains inner";
  EXPECT_THROW(std::make_shared<MultiService>()->addService(inner), UsageError) << "it has a parent";
  EXPECT_THROW(parent->addService(inner), UsageError);
  EXPECT_EQ(parent->size(), 1u);
}

TEST_F(MultiServiceTest, WhatIsNoChildCannotBeRemoved) {
  EXPECT_THROW(parent->removeService(make("a")), UsageError);
  EXPECT_THROW(make("a")->disownServiceParent(), UsageError);
  EXPECT_THROW(make("a")->setServiceParent(nullptr), UsageError);
}

TEST_F(MultiServiceTest, StartsInOrderAndStopsInReverse) {
  add("a"), add("b"), add("c");
  start();
  EXPECT_TRUE(parent->running());
  EXPECT_THAT(taken(), ElementsAre("a privileged", "b privileged", "c privileged", "a start", "b start", "c start"));
  EXPECT_THAT(parent->stopService(), HasSucceeded());
  EXPECT_FALSE(parent->running());
  EXPECT_THAT(taken(), ElementsAre("c stop", "b stop", "a stop"));
}

TEST_F(MultiServiceTest, ChildrenRunWithTheirParent) {
  const auto a = add("a");
  EXPECT_FALSE(a->running());
  start();
  EXPECT_TRUE(a->running());
  parent->stopService();
  EXPECT_FALSE(a->running());
}

TEST_F(MultiServiceTest, ServicesNest) {
  const auto inner = std::make_shared<MultiService>();
  add("a");
  inner->setServiceParent(parent);
  add("c");
  make("b1")->setServiceParent(inner), make("b2")->setServiceParent(inner);
  parent->startService();
  EXPECT_THAT(taken(), ElementsAre("a start", "b1 start", "b2 start", "c start"));
  EXPECT_THAT(parent->stopService(), HasSucceeded());
  EXPECT_THAT(taken(), ElementsAre("c stop", "b2 stop", "b1 stop", "a stop"));
}

TEST_F(MultiServiceTest, AChildThatARunningParentGetsIsStarted) {
  start();
  const auto child = add("late");
  EXPECT_TRUE(child->running());
  EXPECT_THAT(taken(), ElementsAre("late privileged", "late start"));
}

TEST_F(MultiServiceTest, AChildThatIsRemovedFromARunningParentIsStopped) {
  const auto child = add("a");
  child->stopping = Deferred<void>();
  start();
  const auto removed = child->disownServiceParent();
  EXPECT_FALSE(child->running());
  EXPECT_THAT(removed, HasNoResult());
  child->stopping.callback();
  EXPECT_THAT(removed, HasSucceeded());
  EXPECT_THAT(parent->stopService(), HasSucceeded());
  EXPECT_THAT(taken(), ElementsAre("a privileged", "a start", "a stop"));
}

TEST_F(MultiServiceTest, AChildMovesFromOneParentToAnotherUnlessItRuns) {
  const auto child = add("a");
  const auto other = std::make_shared<MultiService>();
  child->setServiceParent(other);
  EXPECT_EQ(child->parent(), other);
  EXPECT_EQ(parent->size(), 0u);
  other->startService();
  EXPECT_THAT([&] { child->setServiceParent(parent); }, ThrowsMessage<UsageError>(HasSubstr("disownServiceParent")));
  EXPECT_EQ(child->parent(), other);
  EXPECT_TRUE(child->running());
}

TEST_F(MultiServiceTest, StopWaitsForEveryChild) {
  const auto a = add("a"), b = add("b");
  a->stopping = b->stopping = Deferred<void>();
  b->stopping = Deferred<void>();
  start();
  const auto stopped = parent->stopService();
  EXPECT_THAT(stopped, HasNoResult());
  a->stopping.callback();
  EXPECT_THAT(stopped, HasNoResult());
  b->stopping.callback();
  EXPECT_THAT(stopped, HasSucceeded());
}

TEST_F(MultiServiceTest, ASecondStopWaitsForTheSameEndAndStopsNothingTwice) {
  const auto a = add("a");
  a->stopping = Deferred<void>();
  start();
  const auto first = parent->stopService(), second = parent->stopService();
  EXPECT_THAT(second, HasNoResult());
  a->stopping.callback();
  EXPECT_THAT(first, HasSucceeded());
  EXPECT_THAT(second, HasSucceeded());
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "a stop"), 1);
}

TEST_F(MultiServiceTest, StopFailsWithTheFirstFailureAndLogsTheOthers) {
  LogCapture log;
  add("a")->onStop = thrower("first to be added");
  add("b");
  add("c")->onStop = thrower("first to be stopped");
  start();
  EXPECT_THAT(parent->stopService(), FailedWith<std::runtime_error>("first to be stopped"));
  EXPECT_THAT(taken(), ElementsAre("a privileged", "b privileged", "c privileged", "a start", "b start", "c start", "c stop",
                                   "b stop", "a stop"));
  const auto logged = log.flushLoggedErrors();
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_STREQ(logged[0].what(), "first to be added");
}

TEST_F(MultiServiceTest, AStartThatThrowsStopsWhatWasBegunAndComesOut) {
  add("a");
  add("b")->onStart = thrower("no");
  add("c");
  parent->privilegedStartService();
  EXPECT_THAT([&] { parent->startService(); }, ThrowsMessage<std::runtime_error>("no"));
  EXPECT_THAT(taken(), ElementsAre("a privileged", "b privileged", "c privileged", "a start", "b start", "c stop", "a stop"));
  EXPECT_FALSE(parent->running());
  for (const auto& child : parent->services()) EXPECT_FALSE(child->running());
}

TEST_F(MultiServiceTest, APrivilegedStartThatThrowsStopsWhatWasBegunAndComesOut) {
  add("a");
  add("b")->onPrivileged = thrower("no");
  add("c");
  EXPECT_THAT([&] { parent->privilegedStartService(); }, ThrowsMessage<std::runtime_error>("no"));
  EXPECT_THAT(taken(), ElementsAre("a privileged", "b privileged", "a stop"));
}

TEST_F(MultiServiceTest, TheEndOfWhatAFailedStartHadBegunCanBeAwaited) {
  const auto a = add("a");
  a->stopping = Deferred<void>();
  add("b")->onStart = thrower("no");
  EXPECT_THROW(parent->startService(), std::runtime_error);
  const auto stopped = parent->stopService();
  EXPECT_THAT(stopped, HasNoResult());
  a->stopping.callback();
  EXPECT_THAT(stopped, HasSucceeded());
}

TEST_F(MultiServiceTest, TheEndOfWhatAFailedStartOfAnInnerServiceHadBegunCanBeAwaited) {
  for (const bool added : {false, true}) {
    const auto root = std::make_shared<MultiService>();
    const auto inner = std::make_shared<MultiService>();
    const auto slow = make("slow"), bad = make("bad");
    slow->stopping = Deferred<void>();
    bad->onStart = thrower("no");
    inner->addService(slow);
    inner->addService(bad);
    if (added) {
      root->startService();
      EXPECT_THROW(root->addService(inner), std::runtime_error);
    } else {
      root->addService(inner);
      EXPECT_THROW(root->startService(), std::runtime_error);
    }
    const auto stopped = root->stopService();
    EXPECT_THAT(stopped, HasNoResult()) << added;
    slow->stopping.callback();
    EXPECT_THAT(stopped, HasSucceeded());
  }
}

TEST_F(MultiServiceTest, RemovingAChildThatIsBeingStoppedWaitsUntilItHasStopped) {
  const auto child = add("a"), failing = add("b");
  child->stopping = Deferred<void>();
  failing->stopping = Deferred<void>();
  start();
  const auto all = parent->stopService();
  EXPECT_THROW(child->setServiceParent(std::make_shared<MultiService>()), UsageError);
  const auto removed = child->disownServiceParent(), other = failing->disownServiceParent();
  EXPECT_THAT(removed, HasNoResult());
  child->stopping.callback();
  EXPECT_THAT(removed, HasSucceeded());
  failing->stopping.errback(Failure(std::runtime_error("no")));
  EXPECT_THAT(other, FailedWith<std::runtime_error>("no"));
  EXPECT_THAT(all, FailedWith<std::runtime_error>("no"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "a stop"), 1);
}

TEST_F(MultiServiceTest, AChildThatStopsItsParentBeforeItRunsIsStoppedWhenItHasStarted) {
  struct Late final : Service {
    void startService() override {
      parent()->stopService();
      Service::startService();
    }
  };
  const auto late = std::make_shared<Late>();
  parent->addService(late);
  parent->startService();
  EXPECT_FALSE(parent->running());
  EXPECT_FALSE(late->running());
}

TEST_F(MultiServiceTest, AFailureToStopAfterAFailedStartIsLoggedWhereNobodyWaits) {
  LogCapture log;
  add("a")->onStop = thrower("cannot stop");
  add("b")->onStart = thrower("no");
  EXPECT_THAT([&] { parent->startService(); }, ThrowsMessage<std::runtime_error>("no"));
  EXPECT_EQ(log.flushLoggedErrors().size(), 1u);
}

TEST_F(MultiServiceTest, AFailedStartOfAnInnerServiceStopsAllOfTheOuterOne) {
  const auto inner = std::make_shared<MultiService>();
  add("a");
  inner->setServiceParent(parent);
  make("b")->setServiceParent(inner);
  const auto bad = make("c");
  bad->onStart = thrower("no");
  bad->setServiceParent(inner);
  EXPECT_THROW(start(), std::runtime_error);
  EXPECT_THAT(taken(),
              ElementsAre("a privileged", "b privileged", "c privileged", "a start", "b start", "c start", "b stop", "a stop"));
}

TEST_F(MultiServiceTest, AChildThatCannotStartIsNotAddedToARunningParent) {
  start();
  const auto bad = make("bad");
  bad->onStart = thrower("no");
  EXPECT_THROW(parent->addService(bad), std::runtime_error);
  EXPECT_EQ(bad->parent(), nullptr);
  EXPECT_EQ(parent->size(), 0u);
  EXPECT_TRUE(parent->running());
}

TEST_F(MultiServiceTest, AServiceStartsAgainAfterItsStopAndAfterAFailedStart) {
  bool works = false;
  add("a");
  add("b")->onStart = [&] {
    if (!works) throw std::runtime_error("no");
  };
  EXPECT_THROW(start(), std::runtime_error);
  works = true;
  for (int i = 0; i < 2; ++i) {
    taken();
    start();
    EXPECT_THAT(taken(), ElementsAre("a privileged", "b privileged", "a start", "b start"));
    EXPECT_THAT(parent->stopService(), HasSucceeded());
  }
}

TEST_F(MultiServiceTest, AChildThatIsAddedByAStartingChildIsStartedOnce) {
  add("a")->onStart = [this] { add("b"); };
  add("c");
  start();
  EXPECT_THAT(taken(), ElementsAre("a privileged", "c privileged", "a start", "b privileged", "b start", "c start"));
}

TEST_F(MultiServiceTest, AChildMayStopItsParentWhileItStarts) {
  for (const bool privileged : {true, false}) {
    const auto a = add("a");
    (privileged ? a->onPrivileged : a->onStart) = [this] { EXPECT_THAT(parent->stopService(), HasSucceeded()); };
    add("b");
    privileged ? parent->privilegedStartService() : parent->startService();
    EXPECT_THAT(taken(), ElementsAre(privileged ? "a privileged" : "a start", "a stop"));
    EXPECT_FALSE(parent->running());
    for (const auto& child : parent->services()) child->disownServiceParent();
    taken();
  }
}

TEST_F(MultiServiceTest, AChildMayRemoveItselfWhileItStartsAndWhileItStops) {
  const auto a = add("a"), b = add("b");
  a->onStart = [&] { a->disownServiceParent(); };
  b->onStop = [&] { b->disownServiceParent(); };
  add("c");
  parent->startService();
  EXPECT_THAT(taken(), ElementsAre("a start", "a stop", "b start", "c start"));
  EXPECT_THAT(parent->stopService(), HasSucceeded());
  EXPECT_THAT(taken(), ElementsAre("c stop", "b stop"));
  EXPECT_EQ(parent->size(), 1u);
}

TEST_F(MultiServiceTest, TheParentMayDieWhileItsChildrenStop) {
  const auto a = add("a");
  a->stopping = Deferred<void>();
  start();
  const auto stopped = parent->stopService();
  parent.reset();
  EXPECT_EQ(a->parent(), nullptr);
  a->stopping.callback();
  EXPECT_THAT(stopped, HasSucceeded());
}

}  // namespace
}  // namespace teasel
