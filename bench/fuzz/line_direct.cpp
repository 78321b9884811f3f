// The line server of fuzz/targets called by libFuzzer directly, as one would write it without a
// world: one chunk, a transport that only takes notes, a clock that is wound forward. What
// fuzz/line/world-vs-direct compares the world with.

#include <memory>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/fake_clock.hpp>

#include "../../fuzz/targets/line/line_server.hpp"

namespace {

using namespace teasel;

class NoteTakingTransport final : public Transport {
 public:
  void begin() {
    written_.clear();
    paused_ = resumed_ = closing_ = false;
  }
  /// Whether resumeProducing was called since the last question.
  bool takeResumed() { return std::exchange(resumed_, false); }

  void write(ByteView data) override {
    if (!closing_) written_.append(data.data(), data.size());
  }
  void loseConnection() override { closing_ = true; }
  void failConnection(const Failure&) override { closing_ = true; }
  void abortConnection(Site = Site::here(), const Failure& = {}) override { closing_ = true; }
  void loseWriteConnection() override { closing_ = true; }
  void pauseProducing() override { paused_ = true; }
  void resumeProducing() override {
    resumed_ = paused_;
    paused_ = false;
  }
  const Address& getHost() const noexcept override { return address_; }
  const Address& getPeer() const noexcept override { return address_; }
  bool connected() const noexcept override { return true; }
  bool disconnecting() const noexcept override { return closing_; }
  bool paused() const noexcept override { return paused_; }
  const Counters& counters() const noexcept override { return counters_; }
  std::size_t pendingBytes() const noexcept override { return 0; }
  void setWriteLimit(std::size_t) override {}

 private:
  std::string written_;
  Address address_;
  Counters counters_;
  bool paused_ = false, resumed_ = false, closing_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fakes::FakeClock& clock = *new fakes::FakeClock;
  static const auto& transport = *new auto(std::make_shared<NoteTakingTransport>());
  transport->begin();
  const auto server = std::make_shared<targets::LineServer>(clock);
  server->makeConnection(transport);
  if (size > 0) server->dataReceived(ByteView(reinterpret_cast<const char*>(data), size));
  while (!transport->disconnecting() && clock.advanceToNext())
    if (transport->takeResumed()) server->producingResumed();
  server->connectionLost(connectionDone());
  return 0;
}
