#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

// UNIX sockets in a world, in both modes of the driver. The contract suite has what they share with
// those of the kernel.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Clients;
using test::Recorder;
using test::recorders;

constexpr const char* kPath = "/run/service";

/// One host, which listens on kPath whenever it starts.
class WorldUnix : public testing::TestWithParam<SimDriver::Mode> {
 protected:
  WorldUnix() : world_(WorldOptions{.mode = GetParam()}) {
    onServer_.name = "s.";
    onClient_.name = "c.";
    onServer_.onMade = [this](Recorder& self) { atServer_ = &self; };
    onClient_.onMade = [this](Recorder& self) { atClient_ = &self; };
    host().onStart([this](Reactor& reactor) { port_ = reactor.listenUNIX(kPath, recorders(&log_, &onServer_), options_); });
  }
  ~WorldUnix() override { port_.reset(); }
  Host& host() { return world_.host("host"); }
  std::shared_ptr<Connector> dial(Duration timeout = 30s, bool checkPID = false) {
    return host().reactor().connectUNIX(kPath, std::make_shared<Clients>(&log_, &onClient_), timeout, checkPID);
  }
  std::string taken() {
    world_.settle();
    std::string text = log_.text();
    log_.lines.clear();
    return text;
  }
  std::string whyNoPort(const std::string& path, const UnixListenOptions& options = {}) {
    try {
      host().reactor().listenUNIX(path, recorders(&log_, &onServer_), options);
    } catch (const CannotListenError& error) {
      return error.what();
    }
    return "";
  }

  test::Log log_;
  Recorder::Does onServer_, onClient_;
  Recorder* atServer_ = nullptr;
  Recorder* atClient_ = nullptr;
  UnixListenOptions options_;
  World world_;
  std::shared_ptr<Port> port_;
};

TEST_P(WorldUnix, APathBelongsToOneHost) {
  world_.host("other").reactor().connectUNIX(kPath, std::make_shared<Clients>(&log_, &onClient_));
  EXPECT_EQ(taken(), "failed:UnknownHostError");
  world_.host("other").reactor().listenUNIX(kPath, recorders(&log_, &onServer_));
  dial();
  EXPECT_EQ(taken(), "c.made s.made");
}

TEST_P(WorldUnix, ACrashLeavesTheFileAndRefusesWhoConnectsUntilThePathIsListenedOnAgain) {
  EXPECT_TRUE(host().hasFile(kPath));
  host().crash();
  EXPECT_TRUE(host().hasFile(kPath)) << "a process that dies removes nothing";
  const UnixNames& names = host().driver().network().unixNames();
  EXPECT_EQ(names.stateOf(host().number(), Address::unixPath(kPath)), UnixNames::State::kLeftover);
  world_.settle();
  log_.lines.clear();
  host().restart();
  EXPECT_EQ(names.stateOf(host().number(), Address::unixPath(kPath)), UnixNames::State::kListening);
  dial();
  EXPECT_EQ(taken(), "c.made s.made");
}

TEST_P(WorldUnix, WhoConnectsToALeftoverIsRefused) {
  host().crash();
  host().onStart([](Reactor&) {});
  host().restart();
  dial();
  EXPECT_EQ(taken(), "failed:ConnectionRefusedError");
}

TEST_P(WorldUnix, AnAbstractNameGoesWithItsProcess) {
  const std::string name("\0service", 8);
  host().onStart([this, name](Reactor& reactor) { reactor.listenUNIX(name, recorders(&log_, &onServer_)); });
  EXPECT_TRUE(host().hasFile(name));
  host().crash();
  EXPECT_FALSE(host().hasFile(name));
}

TEST_P(WorldUnix, AFileThatIsNoSocketIsNeverReplaced) {
  host().putFile("/etc/passwd");
  EXPECT_EQ(whyNoPort("/etc/passwd"), "cannot listen on unix:/etc/passwd: a file that is no socket is there");
  EXPECT_TRUE(host().hasFile("/etc/passwd"));
}

TEST_P(WorldUnix, ALockOutlivesItsProcessAndIsReplacedThen) {
  options_.wantPID = true;
  host().crash();
  host().restart();
  dial(30s, true);
  EXPECT_EQ(taken(), "c.made s.made");
  EXPECT_EQ(whyNoPort(kPath, options_), std::string("cannot listen on unix:") + kPath + ": a living process holds the lock");
}

TEST_P(WorldUnix, StoppingLeavesAFileThatSomebodyElseHasPutInItsPlace) {
  EXPECT_TRUE(host().removeFile(kPath));
  host().putFile(kPath);
  port_->stopListening();
  world_.settle();
  EXPECT_TRUE(host().hasFile(kPath));
}

TEST_P(WorldUnix, AListenerWhoseFileWasRemovedIsNotFound) {
  EXPECT_TRUE(host().removeFile(kPath));
  EXPECT_FALSE(host().removeFile(kPath));
  dial();
  EXPECT_EQ(taken(), "failed:UnknownHostError");
}

TEST_P(WorldUnix, ACrashOfTheHostEndsBothSidesOfItsConnections) {
  dial();
  EXPECT_EQ(taken(), "c.made s.made");
  host().crash();
  EXPECT_EQ(taken(), "") << "both are in the process that died";
  EXPECT_EQ(host().driver().openSlots(), 0u);
}

TEST_P(WorldUnix, ACrashMeetsALingeringEndWhoseOtherEndIsOnTheSameHost) {
  dial();
  taken();
  atServer_->transport().pauseProducing();
  atClient_->transport().loseConnection();
  EXPECT_EQ(taken(), "c.lost:ConnectionDone");
  host().crash(CrashKind::kClose);
  EXPECT_EQ(host().driver().openSlots(), 0u);
}

TEST_P(WorldUnix, TheFilesAreForgottenWhenTheWorldIsReset) {
  host().putFile("/etc/passwd");
  port_.reset();
  world_.reset(WorldOptions{.mode = GetParam()});
  EXPECT_FALSE(host().hasFile("/etc/passwd"));
  EXPECT_FALSE(host().hasFile(kPath));
}

// Remote peers: another process of the same host --------------------------------------------------

TEST_P(WorldUnix, ARemotePeerIsAnUnnamedClientOfThePath) {
  RemotePeer& peer = world_.connect(0);
  EXPECT_EQ(taken(), "s.made");
  EXPECT_EQ(atServer_->transport().getHost(), Address::unixPath(kPath));
  EXPECT_EQ(atServer_->transport().getPeer(), Address::unixPath(""));
  peer.send("hello");
  EXPECT_EQ(taken(), "s.got:hello");
  atServer_->transport().write("answer");
  world_.settle();
  EXPECT_EQ(peer.received(), ByteView("answer"));
}

TEST_P(WorldUnix, NeitherLinksNorFaultsOfTheNetworkConcernAUnixStream) {
  world_.choices().usePrng(7);
  Faults& faults = host().driver().network().faults();
  faults.latency = faults.stalls = true;
  faults.reset = faults.partition = {1, 1};
  world_.host("other");
  world_.hold("host", World::kOutside);
  dial();
  taken();  // the order of the two ends is drawn
  ASSERT_TRUE(atClient_ != nullptr && atServer_ != nullptr);
  std::string heard;
  onServer_.onData = [&](Recorder&, ByteView bytes) { heard += bytes.text(); };
  atClient_->transport().write("through");
  world_.settle();
  EXPECT_EQ(heard, "through");
}

TEST_P(WorldUnix, AServerHearsAllThatWasSentBeforeACloseWithUnreadInputAndThenALoss) {
  RemotePeer& peer = world_.connect(0);
  peer.stopReading();
  taken();
  atServer_->transport().write("unread");
  world_.settle();
  peer.send("last words");
  peer.close();
  EXPECT_EQ(taken(), "s.got:last words s.lost:ConnectionLost");
}

TEST_P(WorldUnix, AResetWithNothingUnreadIsACleanEnd) {
  RemotePeer& peer = world_.connect(0);
  taken();
  peer.send("last words");
  peer.reset();
  EXPECT_EQ(taken(), "s.got:last words s.lost:ConnectionDone");
}

TEST_P(WorldUnix, APausedReaderIsToldWhenItResumesWhateverIsDrawn) {
  const std::vector<ChoiceRecord> drawn{{kPlayEntities + 1, static_cast<std::uint16_t>(ChoiceSite::kResetWhilePaused), 0, 2, 1},
                                        {kPlayEntities + 1, static_cast<std::uint16_t>(ChoiceSite::kResetOrder), 0, 2, 1}};
  world_.choices().useRecords(drawn);
  RemotePeer& peer = world_.connect(0);
  peer.stopReading();
  taken();
  atServer_->transport().write("unread");
  atServer_->transport().pauseProducing();
  world_.settle();
  peer.send("held");
  peer.close();
  EXPECT_EQ(taken(), "");
  atServer_->transport().resumeProducing();
  EXPECT_EQ(taken(), "s.got:held s.lost:ConnectionLost");
}

TEST_P(WorldUnix, WhoWaitsInTheBacklogOfAPortThatStopsSeesAReset) {
  RemotePeer& peer = world_.connect(0);
  port_->stopListening();
  EXPECT_EQ(taken(), "");
  EXPECT_TRUE(peer.sawReset());
}

INSTANTIATE_TEST_SUITE_P(, WorldUnix, testing::Values(SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion),
                         [](const auto& test) { return test.param == SimDriver::Mode::kReadiness ? "readiness" : "completion"; });

TEST(WorldUnixAdopts, NoDescriptorBecauseThereAreNone) {
  World world;
  const auto factory = Factory::forProtocol<test::Echo>();
  factory->noisy = false;
  Reactor& reactor = world.host().reactor();
  EXPECT_THROW(reactor.adoptStreamPort(0, factory), UsageError);
  EXPECT_THROW(reactor.adoptStreamConnection(0, factory), UsageError);
  EXPECT_EQ(factory->numPorts(), 0);
}

}  // namespace
}  // namespace teasel::fakes
