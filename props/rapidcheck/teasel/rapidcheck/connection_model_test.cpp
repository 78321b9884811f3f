#include <memory>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>
#include <rapidcheck/gtest.h>
#include <rapidcheck/state.h>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/rapidcheck/connection_model_test_kit.hpp>
#include <teasel/rapidcheck/pass_through.hpp>

namespace teasel::rapidcheck {
namespace {

using fakes::SimDriver;
using test::Action;
using test::Do;
using test::Model;
using test::Observed;

/// The protocol of the connection. It writes down what it is told and does what it was asked to do.
class Probe final : public Protocol {
 public:
  explicit Probe(bool half) : half_(half) {}
  void connectionMade() override { test::addEvent(events, "made"); }
  void dataReceived(ByteView data) override {
    RC_ASSERT(!data.empty());
    RC_ASSERT(data.text() == test::pattern(received_, data.size()));
    received_ += data.size();
    test::addData(events, data.size());
    const Action now = std::exchange(reaction, Action{});
    near({now.reaction, now.size});
  }
  void connectionLost(const Failure& reason) override { test::addEvent(events, "lost " + reason.name()); }
  bool halfCloseable() const noexcept override { return half_; }
  void readConnectionLost() override { test::addEvent(events, "readLost"); }
  void writeConnectionLost() override { test::addEvent(events, "writeLost"); }
  void producingResumed() override { test::addEvent(events, "resumed"); }

  void near(const Action& action) {
    Transport& wire = transport();
    switch (action.what) {
      case Do::kWriteTooMuch:
        if (action.size > 0) wire.setWriteLimit(wire.pendingBytes());
        [[fallthrough]];
      case Do::kWrite: return wire.write(test::pattern(wire.counters().bytesWritten, action.size));
      case Do::kLose: return wire.loseConnection();
      case Do::kFail: return wire.failConnection(Failure(UsageError("as asked")));
      case Do::kAbort: return wire.abortConnection();
      case Do::kLoseWrite: return wire.loseWriteConnection();
      case Do::kPause: return wire.pauseProducing();
      case Do::kResume: return wire.resumeProducing();
      case Do::kThrow: throw std::runtime_error("as asked");
      default: return;
    }
  }

  std::string events;
  Action reaction{};

 private:
  const bool half_;
  std::size_t received_ = 0;
};

/// The system behind the connection. After every call it is at rest.
class Bench {
 public:
  virtual ~Bench() = default;
  virtual void far(const Action& action, ByteView bytes) = 0;
  virtual void settle() = 0;
  /// What the far end has received since the last call.
  virtual std::string take() = 0;
  virtual bool sawEof() const = 0;
  virtual bool sawReset() const = 0;
};

class StringBench final : public Bench {
 public:
  StringBench(const std::shared_ptr<Probe>& probe, SimDriver::Mode mode) : wire_(probe, mode) {}
  void far(const Action& action, ByteView bytes) override {
    switch (action.what) {
      case Do::kPeerSend: return wire_.feed(bytes);
      case Do::kPeerEnd: return wire_.endOfStream();
      case Do::kPeerReset: return wire_.reset();
      case Do::kPeerStopReading: return wire_.stopReading();
      case Do::kPeerRead: return wire_.read(action.size);
      case Do::kAdvance: return wire_.advance(std::chrono::milliseconds(action.size));
      default: return;
    }
  }
  void settle() override { wire_.settle(); }
  std::string take() override {
    std::string bytes = wire_.value();
    wire_.clear();
    return bytes;
  }
  bool sawEof() const override { return wire_.sawEof(); }
  bool sawReset() const override { return wire_.sawReset(); }

 private:
  fakes::StringTransport wire_;
};

class ProbeFactory final : public Factory {
 public:
  explicit ProbeFactory(const std::shared_ptr<Probe>& probe) : probe_(probe) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return probe_.lock(); }

 private:
  std::weak_ptr<Probe> probe_;  // it keeps its factory
};

/// A world. With a seed, cuts, short writes and everything else that is free are drawn. Latency is
/// not, because the model is at rest at each instant.
class WorldBench final : public Bench {
 public:
  static constexpr std::size_t kWindow = 100;

  WorldBench(const std::shared_ptr<Probe>& probe, SimDriver::Mode mode, std::optional<std::uint64_t> seed)
      : world_(options(mode)) {
    if (seed) world_.choices().usePrng(*seed);
    world_.allowExceptions();
    world_.host().reactor().listenTCP(1, std::make_shared<ProbeFactory>(probe));
    world_.settle();
    world_.connect(0);
    world_.settle();
  }
  void far(const Action& action, ByteView bytes) override {
    fakes::RemotePeer& peer = world_.peer(0);
    switch (action.what) {
      case Do::kPeerSend: peer.send(bytes); break;
      case Do::kPeerEnd: peer.endOfStream(); break;
      case Do::kPeerReset: peer.reset(); break;
      case Do::kPeerStopReading: peer.stopReading(); break;
      case Do::kPeerRead: peer.read(action.size); break;
      case Do::kAdvance: world_.advance(std::chrono::milliseconds(action.size)); break;
      default: break;
    }
    world_.settle();
  }
  void settle() override { world_.settle(); }
  std::string take() override { return world_.peer(0).takeReceived(); }
  bool sawEof() const override { return world_.peer(0).sawEof(); }
  bool sawReset() const override { return world_.peer(0).sawReset(); }

 private:
  static fakes::WorldOptions options(SimDriver::Mode mode) {
    fakes::WorldOptions options;
    options.mode = mode;
    options.window = kWindow;
    options.faults.latency = false;
    return options;
  }
  mutable fakes::World world_;
};

/// The connection under test.
class Wire {
 public:
  Wire(std::shared_ptr<Probe> probe, std::unique_ptr<Bench> bench) : probe_(std::move(probe)), bench_(std::move(bench)) {}

  void perform(const Action& action) {
    const LogScope silent(nullptr);
    if (action.what == Do::kReact) {
      probe_->reaction = action;
    } else if (action.what >= Do::kPeerSend) {
      bench_->far(action, test::pattern(sent_, action.size));
      if (action.what == Do::kPeerSend) sent_ += action.size;
    } else {
      probe_->near(action);
      bench_->settle();
    }
  }

  Observed observed() {
    const Transport& wire = probe_->transport();
    const std::string got = bench_->take();
    RC_ASSERT(got == test::pattern(received_, got.size()));
    received_ += got.size();
    // After a failed send nothing waits, and what waited before was not sent.
    const std::uint64_t known = wire.counters().bytesSent + wire.pendingBytes();
    RC_ASSERT(!wire.connected() || known == wire.counters().bytesWritten ||
              (wire.pendingBytes() == 0 && known < wire.counters().bytesWritten));
    return {.events = probe_->events,
            .connected = wire.connected(),
            .disconnecting = wire.disconnecting(),
            .paused = wire.paused(),
            .pending = wire.pendingBytes(),
            .counters = wire.counters(),
            .received = received_,
            .sawEof = bench_->sawEof(),
            .sawReset = bench_->sawReset()};
  }

 private:
  std::shared_ptr<Probe> probe_;
  std::unique_ptr<Bench> bench_;
  std::uint64_t sent_ = 0, received_ = 0;
};

// Commands ----------------------------------------------------------------------------------------

const char* nearCall(Do what) {
  switch (what) {
    case Do::kWrite: return "write";
    case Do::kWriteTooMuch: return "writeBeyondTheLimit";
    case Do::kLose: return "loseConnection";
    case Do::kFail: return "failConnection";
    case Do::kAbort: return "abortConnection";
    case Do::kLoseWrite: return "loseWriteConnection";
    case Do::kPause: return "pauseProducing";
    case Do::kResume: return "resumeProducing";
    case Do::kThrow: return "throw";
    default: return "?";
  }
}

std::string text(const Action& action) {
  const std::string size = "(" + std::to_string(action.size) + ")";
  switch (action.what) {
    case Do::kReact: return "next dataReceived: " + text({action.reaction, action.size});
    case Do::kPeerSend: return "peer.send" + size;
    case Do::kPeerEnd: return "peer.endOfStream()";
    case Do::kPeerReset: return "peer.reset()";
    case Do::kPeerStopReading: return "peer.stopReading()";
    case Do::kPeerRead: return "peer.read" + size;
    case Do::kAdvance: return "advance" + size;
    case Do::kWrite:
    case Do::kWriteTooMuch: return nearCall(action.what) + size;
    default: return nearCall(action.what) + std::string("()");
  }
}

class Step final : public rc::state::Command<Model, Wire> {
 public:
  explicit Step(const Action& action) : action_(action) {}
  void checkPreconditions(const Model& before) const override { RC_PRE(before.foresees(action_)); }
  void apply(Model& model) const override { model.apply(action_); }
  void run(const Model& before, Wire& wire) const override {
    const Model after = nextState(before);
    wire.perform(action_);
    RC_ASSERT(wire.observed().text(after.exact()) == after.observed().text(after.exact()));
  }
  void show(std::ostream& out) const override { out << text(action_); }

 private:
  Action action_;
};

using StepPointer = std::shared_ptr<const rc::state::Command<Model, Wire>>;

/// Sizes up to a bit more than `window`; the largest come only now and then.
rc::Gen<StepPointer> steps(std::size_t window) {
  const auto kinds = rc::gen::weightedElement<Do>({{4, Do::kWrite},
                                                   {1, Do::kWriteTooMuch},
                                                   {1, Do::kLose},
                                                   {1, Do::kFail},
                                                   {1, Do::kAbort},
                                                   {1, Do::kLoseWrite},
                                                   {3, Do::kPause},
                                                   {3, Do::kResume},
                                                   {3, Do::kReact},
                                                   {6, Do::kPeerSend},
                                                   {1, Do::kPeerEnd},
                                                   {1, Do::kPeerReset},
                                                   {3, Do::kPeerStopReading},
                                                   {4, Do::kPeerRead},
                                                   {2, Do::kAdvance}});
  const auto reactions = rc::gen::element(Do::kWrite, Do::kLose, Do::kFail, Do::kAbort, Do::kLoseWrite, Do::kPause, Do::kThrow);
  const auto sizes =
      rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 10), rc::gen::inRange<std::size_t>(window / 3, window + window / 2));
  return rc::gen::map(rc::gen::tuple(kinds, sizes, reactions),
                      [window](const std::tuple<Do, std::size_t, Do>& drawn) -> StepPointer {
                        auto [what, size, reaction] = drawn;
                        // up to 4.5 s: the linger limit is 2 s
                        if (what == Do::kAdvance) size = size * 3000 / window;
                        return std::make_shared<Step>(Action{what, size, what == Do::kReact ? reaction : Do::kNothing});
                      });
}

/// Checks the model against a system. The kind of protocol and the seed are drawn as well.
template <class MakeBench>
void follow(bool completion, bool exact, std::size_t window, MakeBench makeBench) {
  const bool half = *rc::gen::arbitrary<bool>().as("half-closeable");
  const auto probe = std::make_shared<Probe>(half);
  Wire wire(probe, makeBench(probe));
  rc::state::check(Model(half, completion, exact, window), wire, [window](const Model&) { return steps(window); });
}

constexpr auto kReadiness = SimDriver::Mode::kReadiness;
constexpr auto kCompletion = SimDriver::Mode::kCompletion;

void followString(SimDriver::Mode mode) {
  follow(mode == kCompletion, true, fakes::Pipe::kWindow,
         [mode](const auto& probe) { return std::make_unique<StringBench>(probe, mode); });
}
void followWorld(SimDriver::Mode mode, bool drawn) {
  std::optional<std::uint64_t> seed;
  if (drawn) seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  follow(mode == kCompletion, !drawn, WorldBench::kWindow,
         [=](const auto& probe) { return std::make_unique<WorldBench>(probe, mode, seed); });
}

RC_GTEST_PROP(ConnectionModel, HoldsForAStringTransportInReadinessMode, ()) { followString(kReadiness); }
RC_GTEST_PROP(ConnectionModel, HoldsForAStringTransportInCompletionMode, ()) { followString(kCompletion); }
RC_GTEST_PROP(ConnectionModel, HoldsForACalmWorldInReadinessMode, ()) { followWorld(kReadiness, false); }
RC_GTEST_PROP(ConnectionModel, HoldsForACalmWorldInCompletionMode, ()) { followWorld(kCompletion, false); }
RC_GTEST_PROP(ConnectionModel, HoldsForAWorldThatDrawsInReadinessMode, ()) { followWorld(kReadiness, true); }
RC_GTEST_PROP(ConnectionModel, HoldsForAWorldThatDrawsInCompletionMode, ()) { followWorld(kCompletion, true); }

TEST(ConnectionModel, FindsADifferenceAndShrinksItToTheCommandThatShowsIt) {
  const auto differs = [] {
    const auto probe = std::make_shared<Probe>(false);
    Wire wire(probe, std::make_unique<StringBench>(probe, kReadiness));
    // This is about a half-closeable protocol, and this one is none.
    const Model wrong(true, false, true, fakes::Pipe::kWindow);
    rc::state::check(wrong, wire, [](const Model&) { return steps(fakes::Pipe::kWindow); });
  };
  rc::detail::TestListenerAdapter silent;
  const std::unordered_map<std::string, rc::detail::Reproduce> nothing;
  const auto result = rc::detail::checkTestable(differs, rc::detail::TestMetadata{}, rc::detail::TestParams{}, silent, nothing);
  ASSERT_TRUE(result.is<rc::detail::FailureResult>());
  const auto example = result.get<rc::detail::FailureResult>().counterExample;
  ASSERT_EQ(example.size(), 1u);
  // The protocol learns of it at the end of the peer's stream, or at the end of its own direction.
  EXPECT_TRUE(example[0].second == "peer.endOfStream()\n" || example[0].second == "loseWriteConnection()\n") << example[0].second;
}

}  // namespace
}  // namespace teasel::rapidcheck
