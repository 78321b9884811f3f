#include <teasel/transport/pacer.hpp>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>

namespace teasel {
namespace {

using detail::Pacer;
using Due = Pacer::Due;

struct Nothing final : Producer {
  void pauseProducing() override {}
  void resumeProducing() override {}
  void stopProducing() override {}
};

Pacer pacing(bool streaming) {
  Pacer pacer;
  pacer.setMarks(100, 25);
  pacer.set(std::make_shared<Nothing>(), streaming);
  return pacer;
}

TEST(Pacer, OwesNothingWithoutAProducer) {
  Pacer pacer;
  EXPECT_EQ(pacer.due(1'000'000, 1'000'000), Due::kNothing);
  pacer.set(std::make_shared<Nothing>(), true);
  EXPECT_NE(pacer.take(), nullptr);
  EXPECT_EQ(pacer.due(1'000'000, 1'000'000), Due::kNothing);
  EXPECT_EQ(pacer.take(), nullptr);
}

TEST(Pacer, PausesAPushProducerAboveTheHighMarkAndResumesItAtTheLowMark) {
  Pacer pacer = pacing(true);
  EXPECT_EQ(pacer.due(100, 100), Due::kNothing);
  EXPECT_EQ(pacer.due(101, 101), Due::kPause);
  pacer.calling(Due::kPause, 101);
  EXPECT_EQ(pacer.due(1000, 1000), Due::kNothing) << "paused already";
  EXPECT_EQ(pacer.due(26, 1000), Due::kNothing);
  EXPECT_EQ(pacer.due(25, 1000), Due::kResume);
  pacer.calling(Due::kResume, 1000);
  EXPECT_EQ(pacer.due(0, 1000), Due::kNothing) << "resumed already";
}

TEST(Pacer, OwesAPullProducerACallAtFirstAndAfterEachDrainOfSomething) {
  Pacer pacer = pacing(false);
  EXPECT_EQ(pacer.due(50, 50), Due::kResume) << "at once, whatever waits";
  pacer.calling(Due::kResume, 50);
  EXPECT_EQ(pacer.due(0, 50), Due::kNothing) << "it wrote nothing";
  EXPECT_EQ(pacer.due(1, 60), Due::kNothing) << "not drained";
  EXPECT_EQ(pacer.due(1'000'000, 2'000'000), Due::kNothing) << "never paused";
  EXPECT_EQ(pacer.due(0, 60), Due::kResume);
}

TEST(Pacer, TriesToSendAtOnceForAPushProducerOnly) {
  EXPECT_EQ(pacing(true).sendAt(), 100u);
  EXPECT_EQ(pacing(false).sendAt(), Pacer().sendAt());
  Pacer pacer = pacing(true);
  pacer.setMarks(500, 0);
  EXPECT_EQ(pacer.sendAt(), 500u);
  pacer.take();
  EXPECT_EQ(pacer.sendAt(), Pacer().sendAt());
  pacer.setMarks(7, 0);
  EXPECT_EQ(pacer.sendAt(), Pacer().sendAt());
}

TEST(Pacer, StopsAPushProducerThatNobodyWaitsForAndNoPullProducer) {
  for (const bool streaming : {true, false}) {
    Pacer pacer = pacing(streaming);
    pacer.stopPush();
    EXPECT_EQ(pacer.due(1000, 1000), streaming ? Due::kStop : Due::kResume);
  }
}

TEST(Pacer, BeginsAnewWithEachProducer) {
  Pacer pacer = pacing(true);
  pacer.stopPush();
  pacer.calling(Due::kPause, 0);
  pacer.set(std::make_shared<Nothing>(), true);
  EXPECT_FALSE(pacer.paused());
  EXPECT_EQ(pacer.due(0, 0), Due::kNothing);
  pacer.set(std::make_shared<Nothing>(), false);
  EXPECT_EQ(pacer.due(0, 0), Due::kResume);
}

TEST(UnconnectedTransport, RefusesAProducerAndForgivesUnregistering) {
  const auto producer = std::make_shared<Nothing>();
  EXPECT_THROW(unconnectedTransport()->registerProducer(producer, true), UsageError);
  unconnectedTransport()->unregisterProducer();
  unconnectedTransport()->setWaterMarks(10, 5);
  EXPECT_THROW(unconnectedTransport()->setWaterMarks(5, 10), UsageError);
  EXPECT_EQ(producer.use_count(), 1) << "not kept";
}

}  // namespace
}  // namespace teasel
