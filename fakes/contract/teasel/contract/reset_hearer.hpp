#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <teasel/contract/reset_table.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel::contract {

/// Writes down what it hears. The test sets what it does on data.
class ResetHearer : public Protocol {
 public:
  explicit ResetHearer(bool half = false) : half_(half) {}
  void dataReceived(ByteView data) override {
    received += data.text();
    if (onData) onData();
  }
  bool halfCloseable() const noexcept override { return half_; }
  void readConnectionLost() override { heard += "readLost "; }
  void connectionLost(const Failure& why) override { heard += "lost:" + why.name(); }
  bool lost() const { return heard.find("lost:") != std::string::npos; }

  std::string received, heard;
  std::function<void()> onData;

 private:
  bool half_;
};

/// Builds ResetHearers and keeps the last one. Protocols hold their factory, so whoever holds this
/// factory resets `last` at the end.
class ResetHearers final : public Factory {
 public:
  explicit ResetHearers(bool half) : half_(half) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return last = std::make_shared<ResetHearer>(half_); }
  std::shared_ptr<ResetHearer> last;

 private:
  bool half_;
};

/// Plays a row of a reset table, and checks what our protocol hears. `make(half)` makes the stage;
/// `half` says whether the protocol is half-closeable. Beyond what playReset calls, a stage has
/// connect(), settle(), hearer(), us() and waitForEnd(). A row that says nothing of this way of
/// reading is passed over.
template <class Make>
void checkReset(const ResetRow& row, bool paused, std::size_t size, Make make) {
  const std::string_view expected = paused ? row.hearsResumed : row.hears;
  if (expected.empty()) return;
  SCOPED_TRACE(describe(row) + (paused ? "; paused; " : "; ") + std::to_string(size) + " bytes arrive");
  auto stage = make(row.half != HalfClosed::kNeither);
  stage.connect();
  stage.settle();
  playReset(stage, row, paused, std::string(size, 'x'));
  stage.settle();
  if (paused) {
    EXPECT_EQ(stage.hearer().received + stage.hearer().heard, "");
    stage.us().resumeProducing();
    stage.settle();
  }
  stage.waitForEnd();
  EXPECT_EQ(stage.hearer().heard, expected);
  EXPECT_EQ(stage.hearer().received.size(), size);
}

}  // namespace teasel::contract
