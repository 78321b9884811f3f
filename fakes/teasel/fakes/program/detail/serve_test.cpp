#include <teasel/fakes/program/detail/serve.hpp>

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string answer(const std::string& request) {
  if (request == "abort") std::abort();
  if (request == "exit") ::_exit(3);
  if (request == "check") TEASEL_CHECK(request.empty());
  if (request == "spin")
    for (volatile bool forever = true; forever;) {
    }
  return request + "!";
}

TEST(Worker, AnswersFromOneChild) {
  Worker worker(answer);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(worker.ask(std::to_string(i)).text, std::to_string(i) + "!");
  EXPECT_EQ(worker.ask(std::string(1 << 20, 'x')).text.size(), (1u << 20) + 1);
  EXPECT_EQ(worker.started(), 1u);
}

TEST(Worker, DeathIsAnAnswerAndTheNextRequestGetsANewChild) {
  Worker worker(answer);
  const Worker::Reply reply = worker.ask("abort");
  EXPECT_TRUE(reply.died);
  EXPECT_FALSE(reply.hung);
  EXPECT_EQ(detail::crashKind(reply), "SIGABRT");
  EXPECT_EQ(worker.ask("on").text, "on!");
  EXPECT_EQ(worker.started(), 2u);
}

TEST(Worker, SaysWhichCheckFailed) {
  Worker worker(answer);
  const Worker::Reply reply = worker.ask("check");
  EXPECT_EQ(detail::crashKind(reply), "check failed: request.empty()");
  EXPECT_THAT(reply.errorOutput, HasSubstr("serve_test.cpp"));
}

TEST(Worker, ExitIsADeathToo) {
  Worker worker(answer);
  const Worker::Reply reply = worker.ask("exit");
  EXPECT_TRUE(reply.died);
  EXPECT_EQ(detail::crashKind(reply), "exit 3");
}

TEST(Worker, WhatDoesNotEndIsEnded) {
  if (!watchdog::kStopsSpinning) GTEST_SKIP() << "ThreadSanitizer keeps the signal back";
  Worker worker(answer, {.timeout = 200ms});
  const Worker::Reply reply = worker.ask("spin");
  EXPECT_TRUE(reply.died);
  EXPECT_TRUE(reply.hung);
  EXPECT_THAT(watchdog::readableStack(reply.errorOutput), HasSubstr("answer("));
  EXPECT_EQ(worker.ask("on").text, "on!");
}

TEST(Watchdog, ShowsTheFramesThatAreTheUsers) {
  EXPECT_EQ(watchdog::readableStack(
                "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x5 at pc 0x5\n"
                "READ of size 1\n"
                "    #0 0x55 in teasel::ByteView::operator[](unsigned long) const /a/b/../core/byte_view.hpp:41:69\n"
                "    #1 0x55 in (anonymous namespace)::Counter::show() /a/b/demo.cpp:36:19\n"
                "    #2 0x55 in teasel::Connection::onData(teasel::Chunk&) /a/connection.cpp:234:3\n"
                "    #3 0x55 in main /a/main.cpp:1:1\n"
                "\n"
                "freed by thread T0 here:\n"
                "    #0 0x55 in operator delete[](void*) (/a/demo+0x1920bd) (BuildId: 0c)\n"
                "\n"
                "SUMMARY: AddressSanitizer: heap-use-after-free\n"
                "Shadow bytes\n"),
            "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x5 at pc 0x5\n"
            "READ of size 1\n"
            "  in teasel::ByteView::operator[](unsigned long) const byte_view.hpp:41:69\n"
            "  in (anonymous namespace)::Counter::show() demo.cpp:36:19\n"
            "\n"
            "freed by thread T0 here:\n"
            "  in operator delete[](void*) (/a/demo+0x1920bd) (BuildId: 0c)\n"
            "\n");
}

TEST(Packing, JobsComeBackAsTheyWere) {
  ReplayJob job;
  job.scenario = "x: \"y\"";
  job.play.send(3, "a\n\0b");
  job.play.setVersion(1);
  job.records = {{1, 2, 3, 0, 5}};
  for (const bool seeded : {false, true}) {
    if (seeded) job.seed = 77, job.drawPlay = job.diagram = true, job.exhaust = {1, 9}, job.exhaustBudget = 55;
    const ReplayJob back = unpackJob(pack(job));
    EXPECT_EQ(back.scenario, job.scenario);
    EXPECT_EQ(back.play, job.play);
    EXPECT_EQ(back.play.version(), 1u);
    EXPECT_EQ(back.records, job.records);
    EXPECT_EQ(back.exhaust, job.exhaust);
    EXPECT_EQ(back.exhaustBudget, job.exhaustBudget);
    EXPECT_EQ(back.seed, job.seed);
    EXPECT_EQ(back.drawPlay, job.drawPlay);
    EXPECT_EQ(back.diagram, job.diagram);
  }
}

TEST(Packing, OutcomesComeBackAsTheyWere) {
  ReplayOutcome outcome;
  outcome.oracle = "o", outcome.signature = "o at x", outcome.message = "m\nm", outcome.diagram = "d";
  outcome.play.send(0, "a");
  outcome.records = {{1, 2, 3, 9, 5}};
  outcome.excess = Excess{7, 5, 30};
  outcome.traceHash = ~0ull, outcome.unused = 1, outcome.clamped = 2, outcome.skipped = 3, outcome.runs = 4, outcome.heard = 0;
  const ReplayOutcome back = unpackOutcome(pack(outcome));
  EXPECT_EQ(back.oracle + back.signature + back.message + back.diagram, "oo at xm\nmd");
  ASSERT_TRUE(back.excess);
  EXPECT_EQ(back.excess->measured * 10000 + back.excess->allowed * 100 + back.excess->marginPercent, 70530u);
  EXPECT_EQ(back.play, outcome.play);
  EXPECT_EQ(back.play.version(), kCodecVersion);
  EXPECT_EQ(back.records, outcome.records);
  EXPECT_EQ(back.traceHash, outcome.traceHash);
  EXPECT_EQ(back.unused + back.clamped * 10 + back.skipped * 100 + back.runs * 1000, 4321u);
  EXPECT_EQ(back.heard, 0u);
}

TEST(Packing, RefusesWhatItDidNotMake) {
  for (const char* bad :
       {"", "job", "job x play -\nteasel tape 1\n", "job - pray -\nteasel tape 1\n", "run - play -\nteasel tape 1\n"})
    EXPECT_THROW(unpackJob(bad), UsageError) << bad;
  EXPECT_THROW(unpackJob("job - play -\nnothing"), TapeError);
  EXPECT_THROW(unpackOutcome("1 2 3"), UsageError);
  EXPECT_THROW(unpackOutcome("1 2 3 4 0 5 0 0 0 100 0 0 0 0\nshort"), UsageError);
}

class Fixed final : public Runner {
 public:
  ReplayOutcome run(const ReplayJob& job) override {
    ReplayOutcome outcome;
    outcome.oracle = outcome.signature = job.scenario;
    return outcome;
  }
};

TEST(Serve, AnswersJobsUntilTheEndOfFile) {
  int in[2], out[2];
  ASSERT_EQ(::pipe(in) + ::pipe(out), 0);
  ReplayJob job;
  job.scenario = "abc";
  ASSERT_TRUE(detail::writeMessage(in[1], pack(job)) && detail::writeMessage(in[1], pack(job)));
  ::close(in[1]);
  Fixed runner;
  EXPECT_EQ(serve(in[0], out[1], runner), 0);
  std::string reply;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(detail::readMessage(out[0], reply));
    EXPECT_EQ(unpackOutcome(reply).oracle, "abc");
  }
  for (const int fd : {in[0], out[0], out[1]}) ::close(fd);
}

TEST(Serve, RefusesWhatIsNoMessage) {
  int in[2];
  ASSERT_EQ(::pipe(in), 0);
  ASSERT_TRUE(detail::writeAll(in[1], "hello\n", 6));
  Fixed runner;
  EXPECT_THROW(serve(in[0], 1, runner), UsageError);
  for (const int fd : in) ::close(fd);
}

}  // namespace
}  // namespace teasel::fakes
