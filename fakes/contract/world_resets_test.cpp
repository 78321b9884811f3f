#include <gtest/gtest.h>

#include <string>

#include <teasel/contract/reset_hearer.hpp>
#include <teasel/contract/reset_table.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

/// The tables of resets, played by remote peers in both modes of a calm world. A remote peer can do
/// all that a plain socket can.
namespace teasel::contract {
namespace {

using fakes::RemotePeer;
using fakes::SimDriver;
using fakes::World;

/// Writes down what it hears.
class WorldStage {
 public:
  WorldStage(SimDriver::Mode mode, bool half, bool unixSocket)
      : world_({.mode = mode}), hearers_(std::make_shared<ResetHearers>(half)) {
    if (unixSocket) world_.host().reactor().listenUNIX("/run/s", hearers_);
    else world_.host().reactor().listenTCP(1, hearers_);
  }
  WorldStage(const WorldStage&) = delete;
  WorldStage& operator=(const WorldStage&) = delete;
  ~WorldStage() { hearers_->last.reset(); }  // the protocol holds the factory, too
  void connect() {
    peer_ = &world_.connect(0);
    peer_->stopReading();
  }
  void waitForEnd() {}  // the end of a settled world has come
  ResetHearer& hearer() { return *hearers_->last; }
  Transport& us() { return hearer().transport(); }
  void settle() { world_.settle(); }
  void peerTakes() { peer_->read(0); }
  void peerSends(const std::string& bytes) { peer_->send(bytes); }
  void peerHalfCloses() { peer_->endOfStream(); }
  void peerResets() { peer_->reset(); }
  void peerCloses() { peer_->close(); }

 private:
  World world_;
  std::shared_ptr<ResetHearers> hearers_;
  RemotePeer* peer_ = nullptr;
};

class WorldResets : public testing::TestWithParam<SimDriver::Mode> {
 public:
  static void play(const ResetRow& row, bool paused, std::size_t size, bool unixSocket = false) {
    checkReset(row, paused, size, [=](bool half) { return WorldStage(GetParam(), half, unixSocket); });
  }
};

TEST_P(WorldResets, AReaderHearsWhatTheTableSays) {
  for (const ResetRow& row : kResetTable)
    for (const std::size_t size : kResetArrivals) play(row, false, size);
}

TEST_P(WorldResets, APausedReaderHearsWhatTheTableSaysWhenItResumes) {
  for (const ResetRow& row : kResetTable)
    for (const std::size_t size : kResetArrivals) play(row, true, size);
}

TEST_P(WorldResets, AReaderOnAUnixSocketHearsWhatItsTableSays) {
  for (const ResetRow& row : kUnixResetTable)
    for (const std::size_t size : kResetArrivals) play(row, false, size, true);
}

TEST_P(WorldResets, APausedReaderOnAUnixSocketHearsWhatItsTableSaysWhenItResumes) {
  for (const ResetRow& row : kUnixResetTable)
    for (const std::size_t size : kResetArrivals) play(row, true, size, true);
}

INSTANTIATE_TEST_SUITE_P(, WorldResets, testing::Values(SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion),
                         [](const auto& test) {
                           return test.param == SimDriver::Mode::kReadiness ? "world_readiness" : "world_completion";
                         });

}  // namespace
}  // namespace teasel::contract
