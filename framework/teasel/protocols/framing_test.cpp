#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/sanitizers.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/protocols/framing.hpp>
#include <teasel/protocols/int_n_string_receiver.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/protocols/netstring_receiver.hpp>
#include <teasel/protocols/stateful_protocol.hpp>
#include <teasel/protocols/test/framing_test_kit.hpp>

// What every framing protocol promises, whatever its frames look like.

namespace teasel {
namespace {

using test::obey;
using test::Session;
using test::Story;
using test::waysToCut;

constexpr std::size_t kMax = 40;

class Listener {
 public:
  Story heard;
  std::function<void(std::string_view)> onMessage;

 protected:
  void hear(Protocol& self, std::string_view message) {
    heard.note("got", message);
    obey(self, message);
    if (onMessage) onMessage(message);
  }
};

std::string prefixed(std::size_t bytes, std::string_view message) {
  std::string frame;
  for (std::size_t at = bytes; at-- > 0;) frame += static_cast<char>(message.size() >> (8 * at) & 0xff);
  return frame.append(message);
}

template <class Receiver>
struct LinesOf : Receiver, Listener {
  LinesOf() : Receiver("\r\n", kMax) {}
  static constexpr std::size_t kLargest = std::size_t{1} << 20;
  static std::string frame(std::string_view message) { return std::string(message) + "\r\n"; }
  void lineReceived(std::string_view line) override { this->hear(*this, line); }
};
struct LineOnly : LinesOf<LineOnlyReceiver> {};
struct Line : LinesOf<LineReceiver> {};

struct Netstring : NetstringReceiver, Listener {
  Netstring() : NetstringReceiver(kMax) {}
  static constexpr std::size_t kLargest = std::size_t{1} << 20;
  static std::string frame(std::string_view message) { return std::to_string(message.size()) + ":" + std::string(message) + ","; }
  void stringReceived(ByteView string) override { hear(*this, string.text()); }
};

template <class Receiver, std::size_t Bytes>
struct Prefixed : Receiver, Listener {
  Prefixed() : Receiver(kMax) {}
  static constexpr std::size_t kLargest = Bytes == 1 ? 255 : Bytes == 2 ? 65535 : std::size_t{1} << 20;
  static std::string frame(std::string_view message) { return prefixed(Bytes, message); }
  void stringReceived(ByteView string) override { this->hear(*this, string.text()); }
};
struct Int8 : Prefixed<Int8StringReceiver, 1> {};
struct Int16 : Prefixed<Int16StringReceiver, 2> {};
struct Int32 : Prefixed<Int32StringReceiver, 4> {};

struct Stateful : StatefulProtocol, Listener {
  Stateful() : StatefulProtocol(kMax) {}
  static constexpr std::size_t kLargest = std::size_t{1} << 20;
  static std::string frame(std::string_view message) { return prefixed(4, message); }
  State getInitialState() override { return {&Stateful::size, 4}; }
  State size(ByteView bytes) {
    std::size_t length = 0;
    for (const char byte : bytes) length = length << 8 | static_cast<unsigned char>(byte);
    return {&Stateful::body, length};
  }
  State body(ByteView bytes) {
    hear(*this, bytes.text());
    return {&Stateful::size, 4};
  }
};

/// A framing protocol that overrides only find and deliver, as Framing's example does.
struct Minimal : Framing, Listener {
  static constexpr std::size_t kLargest = std::size_t{1} << 20;
  static std::string frame(std::string_view message) { return prefixed(4, message); }
  void setMaxLength(std::size_t bytes) {
    max_ = bytes;
    framingChanged();
  }

 protected:
  FrameEnd find(ByteView before, ByteView in) override {
    std::size_t length = 0;
    for (std::size_t at = 0; at < 4; ++at) {
      if (at >= before.size() + in.size()) return {};
      const char byte = at < before.size() ? before[at] : in[at - before.size()];
      length = length << 8 | static_cast<unsigned char>(byte);
    }
    if (length > max_) return {.at = 4 - before.size(), .valid = false};
    const std::size_t needed = 4 + length - before.size();
    return in.size() < needed ? FrameEnd{} : FrameEnd{.at = needed};
  }
  void deliver(ByteView frame, const FrameEnd& end) override {
    if (end.valid) hear(*this, frame.sub(4).text());
    else transport().failConnection(Failure(LimitExceeded("record limit", max_, max_ + 1)));
  }

 private:
  std::size_t max_ = kMax;
};

template <class P>
struct Framed : testing::Test {
  static std::string frames(std::initializer_list<std::string_view> messages) {
    std::string all;
    for (const std::string_view message : messages) all += P::frame(message);
    return all;
  }
  using Prepare = std::function<void(Session<P>&)>;
  static void expectStory(const std::string& script, const std::string& story, const Prepare& prepare = {}) {
    for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
      Session<P> session;
      if (prepare) prepare(session);
      session.deliver(script, plan);
      ASSERT_EQ(session.protocol.heard.text(), story) << "cut by " << plan.text();
    }
  }
};

struct NameOfType {
  template <class P>
  static std::string GetName(int) {
    const std::string name = detail::typeName(typeid(P));
    return name.substr(name.rfind(':') + 1);
  }
};
using Protocols = testing::Types<LineOnly, Line, Netstring, Int8, Int16, Int32, Stateful, Minimal>;
TYPED_TEST_SUITE(Framed, Protocols, NameOfType);

// A StatefulProtocol keeps the state whose handler threw, so it has its own tests of exceptions.
template <class P>
struct FramedThrowing : Framed<P> {};
using MessageProtocols = testing::Types<LineOnly, Line, Netstring, Int8, Int16, Int32, Minimal>;
TYPED_TEST_SUITE(FramedThrowing, MessageProtocols, NameOfType);

TYPED_TEST(Framed, DeliversEveryMessageHoweverTheStreamIsCut) {
  this->expectStory(this->frames({"a", "", "bc"}), "got[a] got[] got[bc]");
  this->expectStory(this->frames({"first", "second", "", "", "x", std::string(kMax, 'y')}),
                    "got[first] got[second] got[] got[] got[x] got[" + std::string(kMax, 'y') + "]");
}

TYPED_TEST(Framed, KeepsAnUnfinishedMessageToItself) {
  std::string script = this->frames({"one", "two"});
  script.pop_back();
  this->expectStory(script, "got[one]");
}

TYPED_TEST(Framed, EndsTheConnectionWithTheLimitAndWhatWasSeenHoweverTheStreamIsCut) {
  const std::string script = this->frames({"ok", std::string(kMax + 1, 'x'), "after"});
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<TypeParam> session;
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), "got[ok]") << "cut by " << plan.text();
    const auto* why = session.transport->failed.template check<LimitExceeded>();
    ASSERT_TRUE(why != nullptr) << session.transport->failed;
    ASSERT_EQ(why->allowed(), kMax);
    ASSERT_GT(why->seen(), kMax);
    ASSERT_EQ(session.protocol.bufferedBytes(), 0u) << "cut by " << plan.text();
  }
}

TYPED_TEST(Framed, ReportsTheLimitToConnectionLost) {
  fakes::StringTransport wire(std::make_shared<TypeParam>());
  wire.feed(this->frames({"ok", std::string(kMax + 1, 'x'), "after"}));
  wire.endOfStream();
  ASSERT_TRUE(wire.lost() != nullptr);
  EXPECT_TRUE(wire.lost()->template check<LimitExceeded>() != nullptr) << *wire.lost();
  EXPECT_FALSE(wire.sawReset());
}

TYPED_TEST(Framed, DeliversNothingAfterLoseConnection) { this->expectStory(this->frames({"close", "a"}), "got[close]"); }

TYPED_TEST(Framed, DeliversNothingAfterAbortConnection) { this->expectStory(this->frames({"abort", "a"}), "got[abort]"); }

TYPED_TEST(Framed, DoesNotReportALimitAfterLoseConnection) {
  Session<TypeParam> session;
  session.deliver(this->frames({"close", std::string(kMax + 1, 'x')}));
  EXPECT_FALSE(session.transport->failed) << session.transport->failed;
}

TYPED_TEST(Framed, DropsWhatNobodyWillGet) {
  Session<TypeParam> session;
  session.protocol.dataReceived(this->frames({"close", "abc", "def"}).substr(0, 18));
  session.protocol.dataReceived(this->frames({"ghi"}));
  EXPECT_EQ(session.protocol.bufferedBytes(), 0u);
  EXPECT_EQ(session.protocol.heard.text(), "got[close]");
}

TYPED_TEST(Framed, HoldsBackEverythingBehindAPause) {
  this->expectStory(this->frames({"pause", "a"}), "got[pause] got[a]");
  this->expectStory(this->frames({"a", "pause", "pause", "", "pause"}), "got[a] got[pause] got[pause] got[] got[pause]");
  Session<TypeParam> session;
  session.protocol.dataReceived(this->frames({"pause", "a", "b"}));
  session.protocol.dataReceived(this->frames({"c"}));
  EXPECT_EQ(session.protocol.heard.text(), "got[pause]");
  EXPECT_EQ(session.protocol.bufferedBytes(), this->frames({"a", "b", "c"}).size());
  session.resumeUntilRunning();
  EXPECT_EQ(session.protocol.heard.text(), "got[pause] got[a] got[b] got[c]");
  EXPECT_EQ(session.protocol.bufferedBytes(), 0u);
}

TYPED_TEST(Framed, GoesOnWhenPausedAndResumedInOneCallback) {
  this->expectStory(this->frames({"a", "b", "c"}), "got[a] got[b] got[c]", [](Session<TypeParam>& s) {
    s.protocol.onMessage = [&s](std::string_view) { s.transport->pauseProducing(), s.transport->resumeProducing(); };
  });
}

TYPED_TEST(Framed, GoesOnWhenResumedInsideTheCallbackOfAHeldMessage) {
  this->expectStory(this->frames({"pause", "b", "c"}), "got[pause] got[b] got[c]", [](Session<TypeParam>& s) {
    s.protocol.onMessage = [&s](std::string_view) { s.transport->resumeProducing(), s.protocol.producingResumed(); };
  });
}

TYPED_TEST(Framed, OnlyAppendsWhatACallbackFeeds) {
  Session<TypeParam> session;
  session.protocol.onMessage = [&](std::string_view message) {
    if (message == "nest") session.protocol.dataReceived(this->frames({"n1", "n2"}));
  };
  session.protocol.dataReceived(this->frames({"nest", "a"}));
  EXPECT_EQ(session.protocol.heard.text(), "got[nest] got[a] got[n1] got[n2]");
}

TYPED_TEST(Framed, KeepsViewsValidWhileTheirCallbackFeedsMore) {
  Session<TypeParam> session;
  const std::string much(20000, 'x');
  std::vector<std::string> seen;
  session.protocol.onMessage = [&](std::string_view message) {
    if (message.size() == 2) session.protocol.dataReceived(much);
    if (message.size() == 2) session.transport->loseConnection();
    seen.emplace_back(message);
  };
  const std::string script = this->frames({"aa"});
  session.deliver(script, fakes::ChunkPlan::bytewise());
  EXPECT_EQ(seen, std::vector<std::string>{"aa"});
}

TYPED_TEST(FramedThrowing, DeliversNothingTwiceWhenAnExceptionIsCaughtOutside) {
  const std::string script = this->frames({"a", "throw", "b", "throw", "c"});
  const std::string more = this->frames({"d", "e"});
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<TypeParam> session;
    session.deliver(script, plan);
    session.deliver(more), session.deliver(this->frames({"f"}));
    ASSERT_EQ(session.protocol.heard.text(), "got[a] got[throw] got[b] got[throw] got[c] got[d] got[e] got[f]")
        << "cut by " << plan.text();
    ASSERT_EQ(session.caught, 2);
  }
}

TYPED_TEST(FramedThrowing, DeliversNothingTwiceWhenTheProtocolCatchesAnExceptionItself) {
  struct Careless : TypeParam {
    void dataReceived(ByteView data) override {
      try {
        TypeParam::dataReceived(data);
      } catch (const std::runtime_error&) {
        ++caught;
      }
    }
    int caught = 0;
  };
  const std::string script = this->frames({"throw", "a", "throw", "b"});
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Careless> session;
    session.deliver(script, plan);
    session.deliver(this->frames({"c"})), session.deliver(this->frames({"d"}));
    ASSERT_EQ(session.protocol.heard.text(), "got[throw] got[a] got[throw] got[b] got[c] got[d]") << "cut by " << plan.text();
    ASSERT_EQ(session.protocol.caught, 2);
  }
}

TYPED_TEST(FramedThrowing, KeepsTheRestOfTheChunkBehindAnException) {
  Session<TypeParam> session;
  EXPECT_THROW(session.protocol.dataReceived(this->frames({"throw", "b"})), std::runtime_error);
  EXPECT_EQ(session.protocol.bufferedBytes(), this->frames({"b"}).size());
  session.deliver(this->frames({"c"}));
  EXPECT_EQ(session.protocol.heard.text(), "got[throw] got[b] got[c]");
}

TYPED_TEST(FramedThrowing, KeepsWhatACallbackFedBeforeItThrew) {
  Session<TypeParam> session;
  session.protocol.onMessage = [&](std::string_view message) {
    if (message != "x") return;
    session.protocol.dataReceived(this->frames({"fed"}));
    throw std::runtime_error("after feeding");
  };
  session.deliver(this->frames({"x", "b"}));
  EXPECT_EQ(session.caught, 1);
  session.deliver(this->frames({"c"}));
  EXPECT_EQ(session.protocol.heard.text(), "got[x] got[b] got[fed] got[c]");
}

TYPED_TEST(Framed, DeliversMessagesInsideAChunkAsViewsOfTheChunk) {
  const std::string chunk = this->frames({"one", "two", "three"});
  Session<TypeParam> session;
  int inside = 0;
  session.protocol.onMessage = [&](std::string_view message) {
    inside += message.data() >= chunk.data() && message.data() < chunk.data() + chunk.size();
  };
  session.protocol.dataReceived(chunk);
  EXPECT_EQ(inside, 3);
}

TYPED_TEST(Framed, AppliesALowerLimitToTheMessageBeingReceived) {
  Session<TypeParam> session;
  const std::string script = this->frames({std::string(20, 'x')});
  session.deliver(script.substr(0, 15));
  session.protocol.setMaxLength(10);
  session.deliver(script.substr(15));
  // A new limit does not change the size of a state that was entered already.
  EXPECT_EQ(session.transport->failed.template check<LimitExceeded>() != nullptr, (!std::is_same_v<TypeParam, Stateful>))
      << session.protocol.heard.text();
}

TYPED_TEST(Framed, AppliesALimitSetInACallbackToTheNextMessage) {
  this->expectStory(this->frames({"abcd", "abcd"}), "got[abcd]",
                    [](Session<TypeParam>& s) { s.protocol.onMessage = [&s](std::string_view) { s.protocol.setMaxLength(3); }; });
}

TYPED_TEST(Framed, WorksWithoutATransport) {
  TypeParam protocol;
  const std::string script = this->frames({"a", "b"});
  protocol.dataReceived(script.substr(0, script.size() - 1));
  protocol.dataReceived(script.substr(script.size() - 1));
  EXPECT_EQ(protocol.heard.text(), "got[a] got[b]");
}

// If the cumulation were searched or moved again and again, each of these would take minutes.
TYPED_TEST(Framed, ReceivesAHugeMessageByteByByteInLinearTime) {
  TypeParam protocol;
  protocol.setMaxLength(TypeParam::kLargest);
  std::size_t size = 0;
  protocol.onMessage = [&](std::string_view message) { size = message.size(), protocol.heard.forget(); };
  const std::string script = TypeParam::frame(std::string(TypeParam::kLargest, 'x'));
  for (const char& byte : script) protocol.dataReceived({&byte, 1});
  EXPECT_EQ(size, TypeParam::kLargest);
}

TYPED_TEST(Framed, ReceivesAHugeMessageInSmallChunksInLinearTime) {
  TypeParam protocol;
  protocol.setMaxLength(TypeParam::kLargest);
  std::size_t size = 0;
  protocol.onMessage = [&](std::string_view message) { size = message.size(), protocol.heard.forget(); };
  const std::string script = TypeParam::frame(std::string(TypeParam::kLargest, 'x'));
  fakes::ChunkPlan::every(3).forEachChunk(script, [&](ByteView chunk) { protocol.dataReceived(chunk); });
  EXPECT_EQ(size, TypeParam::kLargest);
}

TYPED_TEST(Framed, DeliversManyMessagesOnePerPauseInLinearTime) {
  Session<TypeParam> session;
  std::size_t messages = 0;
  session.protocol.onMessage = [&](std::string_view) {
    session.protocol.heard.forget(), ++messages;
    session.transport->pauseProducing();
  };
  std::string chunk;
  for (int i = 0; i < 200000; ++i) chunk += TypeParam::frame("x");
  session.deliver(chunk);
  session.resumeUntilRunning();
  EXPECT_EQ(messages, 200000u);
}

/// The example in the header of Framing.
class RecordReceiver : public Framing {
 public:
  virtual void recordReceived(ByteView record) = 0;

 private:
  FrameEnd find(ByteView before, ByteView in) override {
    const char size = before.empty() ? in[0] : before[0];
    const std::size_t whole = 1 + static_cast<unsigned char>(size);
    const std::size_t needed = whole - before.size();
    return in.size() < needed ? FrameEnd{} : FrameEnd{.at = needed};
  }
  void deliver(ByteView frame, const FrameEnd&) override { recordReceived(frame.sub(1)); }
};

TEST(Framing, TheExampleInItsHeaderDeliversRecordsHoweverTheStreamIsCut) {
  struct Records final : RecordReceiver {
    void recordReceived(ByteView record) override { heard.note("record", record.text()); }
    Story heard;
  };
  const std::string script("\3abc\0\2d", 7);
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Records> session;
    session.deliver(script, plan);
    session.deliver("e");
    ASSERT_EQ(session.protocol.heard.text(), "record[abc] record[] record[de]") << "cut by " << plan.text();
  }
}

/// Records of ten bytes. Counts how often it is asked for their end.
struct Tens : Framing {
  int asked = 0, delivered = 0;
  std::size_t needed = 0;

 protected:
  FrameEnd find(ByteView before, ByteView in) override {
    ++asked;
    return before.size() + in.size() < 10 ? FrameEnd{} : FrameEnd{.at = 10 - before.size()};
  }
  void deliver(ByteView, const FrameEnd&) override { ++delivered; }
  std::size_t bytesNeeded() const noexcept override { return needed; }
};

TEST(Framing, AsksForTheEndOfAFrameWithEachChunkUnlessItIsToldHowManyBytesAreNeeded) {
  Session<Tens> session;
  session.deliver("0123456789abcdefghij", fakes::ChunkPlan::bytewise());
  EXPECT_EQ(session.protocol.asked, 20);
  EXPECT_EQ(session.protocol.delivered, 2);
}

TEST(Framing, AsksForTheEndOfAFrameOnlyWhenTheBytesThatItNeedsAreThere) {
  Session<Tens> session;
  session.protocol.needed = 10;
  session.deliver("0123456789abcdefghij", fakes::ChunkPlan::bytewise());
  // It asks with the tenth byte of each frame, and with a first byte for which there is no memory
  // yet. Sanitized builds free the memory behind each frame.
  EXPECT_EQ(session.protocol.asked, (detail::kSanitized ? 2 : 1) + 2);
  EXPECT_EQ(session.protocol.delivered, 2);
}

TEST(Framing, RefusesAnEndThatLiesOutsideOfTheInput) {
  struct Wrong final : Framing {
    explicit Wrong(std::size_t at) : end(at) {}
    FrameEnd find(ByteView before, ByteView in) override {
      return before.empty() && in.size() == 1 ? FrameEnd{} : FrameEnd{.at = end};
    }
    void deliver(ByteView, const FrameEnd&) override { FAIL() << "there is no such frame"; }
    std::size_t end;
  };
  for (const std::size_t at : {0, 4}) {
    Wrong whole(at), cut(at);
    EXPECT_THROW(whole.dataReceived("abc"), UsageError);
    cut.dataReceived("a");
    EXPECT_THROW(cut.dataReceived("bcd"), UsageError);
  }
  try {
    Wrong(4).dataReceived("abc");
    FAIL() << "it was taken";
  } catch (const UsageError& error) {
    EXPECT_TRUE(std::string_view(error.what()).ends_with("Wrong::find says that a frame ends with byte 4 of 3")) << error.what();
  }
}

}  // namespace
}  // namespace teasel
