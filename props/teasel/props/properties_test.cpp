#include <teasel/props/properties.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/props/measuring.hpp>
#include <teasel/props/work.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::props {
namespace {

/// Lines, reported and answered.
class Lines : public LineReceiver {
 public:
  explicit Lines(EventLog& log) : LineReceiver("\r\n", 20), log_(log) {}
  void lineReceived(std::string_view line) override {
    sendLine("got " + std::string(line));
    log_.event("line", line);
    if (line == "quit") transport().loseConnection();
  }
  void lineLengthExceeded(std::string_view line) override {
    log_.event("too long", line);
    transport().abortConnection();
  }

 private:
  EventLog& log_;
};

/// Reports how it was fed, which no protocol should.
class Chunks : public Protocol {
 public:
  explicit Chunks(EventLog& log) : log_(log) {}
  void dataReceived(ByteView data) override { log_.event("chunk", data); }

 private:
  EventLog& log_;
};

/// Reports bytes as they come, and throws at a '!' - after the part before it, if that came in the
/// same chunk.
class UntilBang : public Protocol {
 public:
  explicit UntilBang(EventLog& log) : log_(log) {}
  void dataReceived(ByteView data) override {
    const std::size_t at = data.text().find('!');
    if (at == std::string_view::npos) return log_.part("text", data);
    if (eager) log_.part("text", data.sub(0, at));
    throw std::runtime_error("a bang");
  }
  bool eager = true;

 private:
  EventLog& log_;
};

/// Searches everything again with each chunk.
class Rescanner : public Protocol {
 public:
  void dataReceived(ByteView data) override {
    all_ += data.text();
    for (const char c : all_) seen_ += c == '\n';
  }

 private:
  std::string all_;
  int seen_ = 0;
};

template <class P>
Subject subject() {
  return [](Reactor&, EventLog& log) { return std::make_shared<P>(log); };
}

struct PropertyTest : testing::Test {
  fakes::World world;
  std::string oracle() const { return world.verdict() == nullptr ? "" : world.verdict()->oracle; }
  std::string message() const { return world.verdict() == nullptr ? "" : world.verdict()->message; }
  void send(ByteView bytes) { world.play().send(0, bytes); }
};

struct ChunkInvariance : PropertyTest {};

TEST_F(ChunkInvariance, HoldsForLines) {
  send("one\r\ntwo\r"), world.play().cut(0), send("\nthree\r\nquit\r\nfour\r\n");
  EXPECT_TRUE(chunkInvariance(world, subject<Lines>())) << message();
}

TEST_F(ChunkInvariance, HoldsForLinesThatAreTooLong) {
  send("one\r\n0123456789012345678901234567890123456789\r\n");
  EXPECT_TRUE(chunkInvariance(world, subject<Lines>())) << message();
}

TEST_F(ChunkInvariance, FindsAProtocolThatReportsItsChunks) {
  send("ab");
  EXPECT_FALSE(chunkInvariance(world, subject<Chunks>()));
  EXPECT_EQ(oracle(), "chunk-invariance");
  EXPECT_EQ(message(), "connection 0: after 0 equal reports, bytewise has chunk[\"a\"]; chunk[\"b\"], whole has chunk[\"ab\"]");
}

TEST_F(ChunkInvariance, MakesNoRunsWhileSomebodyMeasuresAndAllOfThemAfterwards) {
  send("ab");
  {
    const Measuring measuring;
    EXPECT_TRUE(serve(world, subject<Chunks>()));
    EXPECT_FALSE(chunkInvariance(world, subject<Chunks>()));
    EXPECT_EQ(oracle(), "");
  }
  EXPECT_FALSE(chunkInvariance(world, subject<Chunks>()));
  EXPECT_EQ(oracle(), "chunk-invariance");
}

TEST_F(ChunkInvariance, FindsWhatOnlyThePlaysOwnCutsShow) {
  struct FirstChunk : Protocol {
    explicit FirstChunk(EventLog& log) : log_(log) {}
    void dataReceived(ByteView data) override {
      if (data.size() == 3) log_.event("three");
    }
    EventLog& log_;
  };
  send("abc"), world.play().cut(0), send("d");
  EXPECT_FALSE(chunkInvariance(world, subject<FirstChunk>()));
  EXPECT_EQ(message(), "connection 0: after 0 equal reports, as played has three, whole has nothing");
}

TEST_F(ChunkInvariance, FindsOutputThatDiffers) {
  struct Counts : Protocol {
    explicit Counts(EventLog&) {}
    void dataReceived(ByteView data) override { transport().write(std::to_string(data.size())); }
  };
  send("abc");
  EXPECT_FALSE(chunkInvariance(world, subject<Counts>()));
  EXPECT_EQ(message(), "connection 0: the output differs: bytewise sends \"111\" from byte 0, whole \"3\" from byte 0");
}

TEST_F(ChunkInvariance, LetsMoreBeReportedBeforeAnErrorIsMet) {
  const Subject lazy = [](Reactor&, EventLog& log) {
    auto made = std::make_shared<UntilBang>(log);
    made->eager = false;
    return made;
  };
  send("abc!d");
  EXPECT_TRUE(chunkInvariance(world, lazy)) << message();
}

TEST_F(ChunkInvariance, LeavesOutEchoesOfWhatMayHaveGoneOutBeforeAnErrorWasMet) {
  send("one\r\n0123456789012345678901234567890123456789\r\n");
  world.play().echo(1, 0, 9, 0);
  EXPECT_TRUE(chunkInvariance(world, subject<Lines>())) << message();
}

TEST_F(ChunkInvariance, FindsAnErrorThatOnlyOneDeliveryMeets) {
  struct Shy : Protocol {
    explicit Shy(EventLog&) {}
    void dataReceived(ByteView data) override {
      if (data.size() == 1) transport().loseConnection();
    }
  };
  send("ab");
  EXPECT_FALSE(chunkInvariance(world, subject<Shy>()));
  EXPECT_TRUE(message().starts_with("connection 0: only bytewise delivery makes the protocol close")) << message();
}

TEST_F(ChunkInvariance, ComparesEveryConnection) {
  send("x"), world.play().send(1, "yz");
  EXPECT_FALSE(chunkInvariance(world, subject<Chunks>()));
  EXPECT_TRUE(message().starts_with("connection 1: ")) << message();
}

TEST_F(ChunkInvariance, DeliversBeforeTimersWhateverTheCuts) {
  struct Later : LineReceiver {
    Later(Reactor& r, EventLog& l) : reactor(r), log(l) {}
    void lineReceived(std::string_view line) override {
      log.event("line", line);
      reactor.callLater(Duration::zero(), [this] { log.event("timer"); });
    }
    Reactor& reactor;
    EventLog& log;
  };
  send("a\r\n"), world.play().cut(0), send("b\r\nc\r\n");
  const Subject later = [](Reactor& reactor, EventLog& log) { return std::make_shared<Later>(reactor, log); };
  EXPECT_TRUE(chunkInvariance(world, later)) << message();
}

TEST_F(ChunkInvariance, LetsTimersFinishBeforeTheEndOfStream) {
  struct Slow : LineReceiver {
    Slow(Reactor& r, EventLog& l) : reactor(r), log(l) {}
    void lineReceived(std::string_view line) override {
      log.event("line", line);
      transport().pauseProducing();
      reactor.callLater(std::chrono::seconds(1), [self = shared_from_this(), this] {
        transport().resumeProducing();
        reactor.callLater(Duration::zero(), [self, this] { transport().write("resumed"); });
      });
    }
    Reactor& reactor;
    EventLog& log;
  };
  send("a\r\nb\r\n"), world.play().cut(0), send("c\r\n"), world.play().endOfStream(0);
  const Subject slow = [](Reactor& reactor, EventLog& log) { return std::make_shared<Slow>(reactor, log); };
  EXPECT_TRUE(chunkInvariance(world, slow)) << message();
}

TEST_F(ChunkInvariance, PassesOnWhatTheWorldFinds) {
  struct Leaver : Protocol {
    Leaver(Reactor& r) : reactor(r) {}
    void dataReceived(ByteView) override { again(); }
    void again() {
      reactor.callLater(std::chrono::hours(1), [self = shared_from_this(), this] { again(); });
    }
    Reactor& reactor;
  };
  send("a");
  EXPECT_FALSE(chunkInvariance(world, [](Reactor& reactor, EventLog&) { return std::make_shared<Leaver>(reactor); }));
  EXPECT_NE(oracle(), "");
  EXPECT_NE(oracle(), "chunk-invariance");
}

TEST_F(ChunkInvariance, SaysNothingOfAPlayWithoutBytes) {
  world.play().connect(0);
  EXPECT_TRUE(chunkInvariance(world, subject<Chunks>()));
}

struct ExactlyOnce : PropertyTest {};

TEST_F(ExactlyOnce, HoldsForLinesWhoseExceptionsEndTheConnection) {
  send("a\r\nb\r\nc\r\n");
  EXPECT_TRUE(exactlyOnce(world, subject<Lines>())) << message();
}

TEST_F(ExactlyOnce, HoldsForLinesWhoseCallerCatches) {
  struct Careful : Lines {
    using Lines::Lines;
    void dataReceived(ByteView data) override {
      try {
        Lines::dataReceived(data);
      } catch (const PlannedException&) {
      }
    }
  };
  send("a\r\nb\r\n"), world.play().cut(0), send("c\r\n"), world.play().cut(0), send("d\r\ne\r\n");
  EXPECT_TRUE(exactlyOnce(world, subject<Careful>())) << message();
}

TEST_F(ExactlyOnce, FindsWhatIsDeliveredAgain) {
  struct Forgetful : Protocol {
    explicit Forgetful(EventLog& log) : log_(log) {}
    void dataReceived(ByteView data) override {
      all_ += data.text();
      try {
        for (const char& c : all_) log_.event("byte", ByteView(&c, 1));
        all_.clear();
      } catch (const PlannedException&) {
      }
    }
    EventLog& log_;
    std::string all_;
  };
  send("ab"), world.play().cut(0), send("c");
  EXPECT_FALSE(exactlyOnce(world, subject<Forgetful>()));
  EXPECT_EQ(oracle(), "exactly-once");
  EXPECT_EQ(message(),
            "when the handler of event 1 throws, byte[\"a\"]; byte[\"b\"]; byte[\"c\"] is reported instead of byte[\"b\"]; "
            "byte[\"c\"]");
}

/// Messages of a length byte and so many bytes. Each is taken out of the buffer before its handler
/// runs, and delivery stops when the handler pauses or closes, unless told otherwise.
struct Messages : Protocol {
  explicit Messages(EventLog& l) : log(l) {}
  void dataReceived(ByteView data) override { buffer += data.text(), deliver(); }
  void producingResumed() override { deliver(); }
  void deliver() {
    while ((heedsPause ? !transport().paused() : true) && (heedsClose ? !transport().disconnecting() : true) && !buffer.empty()) {
      const std::size_t size = 1 + static_cast<unsigned char>(buffer[0]);
      if (buffer.size() < size) return;
      const std::string message = buffer.substr(1, size - 1);
      if (!again) buffer.erase(0, size);
      log.event("message", message);
      if (again && !transport().paused()) buffer.erase(0, size);
    }
  }
  void connectionLost(const Failure& reason) override { log.event("lost", reason.name()); }
  EventLog& log;
  std::string buffer;
  bool heedsPause = true, heedsClose = true, again = false;
};

Subject messages(bool Messages::* flag = nullptr, bool value = false) {
  return [=](Reactor&, EventLog& log) {
    auto made = std::make_shared<Messages>(log);
    if (flag != nullptr) (*made).*flag = value;
    return made;
  };
}

struct SilentAfterClose : PropertyTest {};

TEST_F(SilentAfterClose, HoldsForLinesAndForMessages) {
  send("a\r\nb\r\n\1");
  EXPECT_TRUE(silentAfterClose(world, subject<Lines>())) << message();
  EXPECT_TRUE(silentAfterClose(world, messages())) << message();
}

TEST_F(SilentAfterClose, FindsDeliveryBehindTheClose) {
  send("\1a"), world.play().cut(0), send("\1b");
  EXPECT_FALSE(silentAfterClose(world, messages(&Messages::heedsClose)));
  EXPECT_EQ(oracle(), "after-close");
  EXPECT_EQ(message(), "the handler of event 1 calls loseConnection, and message[\"b\"] is reported behind it");
}

TEST_F(SilentAfterClose, TriesEveryHandlerItIsAskedFor) {
  struct Second : Messages {
    using Messages::Messages;
    void dataReceived(ByteView data) override {
      heedsClose = log.events() != 2;
      Messages::dataReceived(data);
    }
  };
  send("\1a"), world.play().advance(std::chrono::seconds(1)), send("\1b"), world.play().advance(std::chrono::seconds(1));
  send("\1c\1d");
  EXPECT_TRUE(silentAfterClose(world, subject<Second>(), 2)) << message();
  EXPECT_FALSE(silentAfterClose(world, subject<Second>(), 3));
  EXPECT_TRUE(message().starts_with("the handler of event 3 ")) << message();
}

struct PauseInvariance : PropertyTest {};

TEST_F(PauseInvariance, HoldsForLinesAndForMessages) {
  send("a\r\nb\r\n\1"), world.play().cut(0), send("x\2yz\r\n");
  EXPECT_TRUE(pauseInvariance(world, subject<Lines>())) << message();
  EXPECT_TRUE(pauseInvariance(world, messages())) << message();
}

TEST_F(PauseInvariance, FindsDeliveryWhilePaused) {
  send("\1a\1b");
  EXPECT_FALSE(pauseInvariance(world, messages(&Messages::heedsPause)));
  EXPECT_EQ(oracle(), "pause-invariance");
  EXPECT_EQ(message(), "the handler of event 1 pauses until the next turn, and message[\"b\"] is reported while it is paused");
}

TEST_F(PauseInvariance, FindsWhatIsDeliveredAgainOnResuming) {
  send("\1a\1b");
  EXPECT_FALSE(pauseInvariance(world, messages(&Messages::again, true)));
  EXPECT_EQ(message(),
            "the handler of event 1 pauses until the next turn: after 1 equal reports, paused delivery has message[\"a\"]; "
            "message[\"b\"]; lost[\"ConnectionDone\"], other delivery has message[\"b\"]; lost[\"ConnectionDone\"]");
}

TEST_F(PauseInvariance, FindsWhatIsNeverDelivered) {
  struct Forgets : Messages {
    using Messages::Messages;
    void producingResumed() override {}
  };
  send("\1a\1b");
  EXPECT_FALSE(pauseInvariance(world, subject<Forgets>()));
  EXPECT_TRUE(message().starts_with("the handler of event 1 pauses until the next turn: ")) << message();
}

TEST_F(PauseInvariance, PausesTheWayThatTheSubjectNames) {
  struct OwnWay : Messages {
    using Messages::Messages;
    void pause() { ++pauses, transport().pauseProducing(); }
    void resume() { ++resumes, transport().resumeProducing(), deliver(); }
    int pauses = 0, resumes = 0;
  };
  std::vector<std::shared_ptr<OwnWay>> made;
  const Subject own = [&](Reactor&, EventLog& log) { return made.emplace_back(std::make_shared<OwnWay>(log)); };
  Pausing ways;
  ways.pause = [](Protocol& p) { static_cast<OwnWay&>(p).pause(); };
  ways.resume = [](Protocol& p) { static_cast<OwnWay&>(p).resume(); };
  send("\1a");
  EXPECT_TRUE(pauseInvariance(world, own, 1, ways)) << message();
  ASSERT_EQ(made.size(), 3u) << "one calm run, two for one event";
  for (const std::size_t run : {1u, 2u}) EXPECT_TRUE(made[run]->pauses == 1 && made[run]->resumes == 1) << "run " << run;
}

struct BoundedHeap : PropertyTest {};

/// Makes room for as many bytes as the first byte says mebibytes.
struct Reserves : Protocol {
  explicit Reserves(EventLog&) {}
  void dataReceived(ByteView data) override { all.reserve(static_cast<std::size_t>(data[0]) << 20); }
  std::string all;
};

TEST_F(BoundedHeap, HoldsForLines) {
  send(std::string(2000, 'x')), world.play().cut(0), send("\r\na\r\n");
  EXPECT_TRUE(boundedHeap(world, subject<Lines>())) << message();
}

TEST_F(BoundedHeap, FindsRoomMadeForWhatIsOnlyDeclared) {
  send("\1");
  EXPECT_FALSE(boundedHeap(world, subject<Reserves>()));
  EXPECT_EQ(oracle(), "heap");
  EXPECT_TRUE(message().starts_with("1 bytes, delivered as played, take 1")) << message();
  EXPECT_TRUE(message().ends_with("at most 65792 are linear")) << message();
}

TEST_F(BoundedHeap, FindsWhatOnlySmallChunksCost) {
  struct Nodes : Protocol {
    explicit Nodes(EventLog&) {}
    void dataReceived(ByteView data) override { chunks.push_back(data.str() + std::string(1000, ' ')); }
    std::vector<std::string> chunks;
  };
  send(std::string(500, 'x'));
  EXPECT_FALSE(boundedHeap(world, subject<Nodes>()));
  EXPECT_TRUE(message().starts_with("500 bytes, delivered bytewise, take ")) << message();
}

TEST_F(BoundedHeap, JudgesWhatARunTakesInALabThatIsWarm) {
  struct Cold : Protocol {
    explicit Cold(std::size_t bytes) : held(bytes, 'x') {}
    std::string held;
  };
  int runs = 0;
  send("a");
  const Subject once = [&](Reactor&, EventLog&) { return std::make_shared<Cold>(runs++ == 0 ? 1'000'000u : 0u); };
  EXPECT_TRUE(boundedHeap(world, once)) << message();
  EXPECT_EQ(runs, 3) << "the first run is repeated";
}

struct ChunkCost : PropertyTest {};

TEST_F(ChunkCost, HoldsForWorkThatIsLinear) {
  send(std::string(2000, 'x'));
  EXPECT_TRUE(chunkCost(world, [](Reactor&, EventLog& log) { return std::make_shared<UntilBang>(log); })) << message();
}

TEST_F(ChunkCost, FindsRescanning) {
  send(std::string(2000, 'x'));
  EXPECT_FALSE(chunkCost(world, [](Reactor&, EventLog&) { return std::make_shared<Rescanner>(); }));
  EXPECT_EQ(oracle(), "chunk-cost");
}

TEST_F(ChunkCost, FindsRescanningThatOnlyTheProtocolCanReport) {
  struct Reports : Protocol {
    void dataReceived(ByteView data) override { countWork(size += data.size()); }
    std::size_t size = 0;
  };
  send(std::string(2000, 'x'));
  EXPECT_FALSE(chunkCost(world, [](Reactor&, EventLog&) { return std::make_shared<Reports>(); }));
  EXPECT_EQ(oracle(), "chunk-cost");
}

TEST_F(ChunkCost, CountsTheSameWorkInEveryRun) {
  send("hello\r\nworld\r\n");
  std::uint64_t counted[2];
  for (std::uint64_t& count : counted) {
    ASSERT_TRUE(harness().run(world, subject<Lines>(), Chunking::kBytewise));
    count = harness().work();
  }
  EXPECT_EQ(counted[0], counted[1]);
  EXPECT_GT(counted[0], 0u);
}

}  // namespace
}  // namespace teasel::props
