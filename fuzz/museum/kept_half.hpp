#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::museum {

/// Exhibit: a client keeps half a line over a reconnect. What it has read lies in the factory, so
/// that it is not lost with the protocol. Where a connection breaks inside a line, the first line
/// of the next connection gets the half line before it. The check: every line is one that the
/// server sent. After kTries connections the client gives up.
template <bool kFixed>
class KeptHalf : public ClientFactory {
 public:
  static constexpr const char* kLine = "ready to serve\n";
  static constexpr int kTries = 4;
  static constexpr Duration kPause = std::chrono::seconds(1);

  KeptHalf(fakes::World& world, Reactor& reactor) : world_(world), reactor_(reactor) { noisy = false; }
  /// The client goes away.
  void stop() {
    served_ = true;
    retry_.cancelIfActive();
  }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    if constexpr (kFixed) read_.clear();  // the fault: left out
    return std::make_shared<Reads>(*this);
  }
  void clientConnectionFailed(Connector& connector, const Failure&) override { again(connector); }
  void clientConnectionLost(Connector& connector, const Failure&) override { again(connector); }

 private:
  class Reads : public Protocol {
   public:
    explicit Reads(KeptHalf& of) : of_(of) {}
    void dataReceived(ByteView data) override {
      of_.read_ += data.text();
      if (!of_.read_.ends_with('\n')) return;
      of_.served_ = true;
      of_.world_.check(of_.read_ == kLine, "line-of-two-connections");
      transport().loseConnection();
    }

   private:
    KeptHalf& of_;
  };
  void again(Connector& connector) {
    if (served_ || ++attempts_ >= kTries) return;
    retry_ = reactor_.callLater(kPause, [next = connector.shared_from_this()] { next->connect(); });
  }

  fakes::World& world_;
  Reactor& reactor_;
  DelayedCall retry_;
  std::string read_;
  int attempts_ = 0;
  bool served_ = false;
};

/// Says that it is ready.
class SaysReady : public Protocol {
 public:
  explicit SaysReady(const char* line) : line_(line) {}
  void connectionMade() override { transport().write(std::string_view(line_)); }

 private:
  const char* line_;
};

}  // namespace teasel::museum
