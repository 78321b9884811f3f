#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <teasel/contract/bench.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::contract {

class Probe;

/// What a probe does in its callbacks. It may refer to variables of the test body.
struct Hooks {
  std::function<void(Probe&)> made{}, readLost{}, writeLost{}, resumed{}, lost{};
  std::function<void(Probe&, ByteView)> data{};
  bool halfCloseable = false;
};

/// A producer that is registered so late that nobody calls it.
class NeverCalled final : public Producer {
 public:
  void pauseProducing() override { ADD_FAILURE() << "pauseProducing of a producer whose reactor is gone"; }
  void resumeProducing() override { ADD_FAILURE() << "resumeProducing of a producer whose reactor is gone"; }
  void stopProducing() override { ADD_FAILURE() << "stopProducing of a producer whose reactor is gone"; }
};

/// A protocol that records what happens to it and checks, in every test, what must always hold:
/// connectionMade comes first, connectionLost comes exactly once and last, no delivery is empty,
/// and no callback runs inside a callback.
class Probe final : public Protocol, public Kept {
 public:
  Probe(Bench& bench, Hooks hooks) : bench_(bench), hooks_(std::move(hooks)), halfCloseable_(hooks_.halfCloseable) {}

  void connectionMade() override {
    record("made", [&] { call(hooks_.made); });
  }
  void dataReceived(ByteView data) override {
    EXPECT_FALSE(data.empty()) << "an empty delivery";
    received += data.text();
    ++deliveries;
    record("data", [&] {
      if (hooks_.data) hooks_.data(*this, data);
    });
  }
  bool halfCloseable() const noexcept override { return halfCloseable_; }
  void readConnectionLost() override {
    record("readLost", [&] { call(hooks_.readLost); });
  }
  void writeConnectionLost() override {
    record("writeLost", [&] { call(hooks_.writeLost); });
  }
  void producingResumed() override {
    ++resumed;
    const InCallback scope(bench_, "producingResumed");
    call(hooks_.resumed);
  }
  void connectionLost(const Failure& why) override {
    reason = why;
    record("lost:" + why.name(), [&] { call(hooks_.lost); });
  }

  /// What happened, in order: "made data lost:ConnectionDone". Deliveries in a row are one word.
  std::string story() const {
    std::string text;
    for (const std::string& word : words_) text += (text.empty() ? "" : " ") + word;
    return text;
  }
  bool made() const noexcept { return !words_.empty(); }
  bool lost() const noexcept { return static_cast<bool>(reason); }
  bool has(std::string_view word) const noexcept { return std::find(words_.begin(), words_.end(), word) != words_.end(); }

  void disarm() noexcept override { hooks_ = {}; }
  void atEnd() override {
    EXPECT_TRUE(!made() || lost()) << "no connectionLost by the time its reactor is gone: " << story();
    useAfterEnd();
  }
  std::string describe() const override {
    return "[" + story() + "] received " + std::to_string(received.size()) + ", pending " +
           std::to_string(transport().pendingBytes()) + (transport().paused() ? ", paused" : "") +
           (transport().disconnecting() ? ", disconnecting" : "");
  }

  std::string received;
  std::size_t deliveries = 0, resumed = 0;
  Failure reason;

 private:
  template <class F>
  void record(const std::string& word, F&& hook) {
    EXPECT_EQ(words_.empty(), word == "made") << word << " after [" << story() << "]";
    EXPECT_FALSE(ended_) << word << " after [" << story() << "]";
    if (word.starts_with("lost:")) ended_ = true;
    if (words_.empty() || word != "data" || words_.back() != "data") words_.push_back(word);
    const InCallback scope(bench_, word.c_str());
    hook();
  }
  void call(const std::function<void(Probe&)>& hook) {
    if (hook) hook(*this);
  }
  /// The transport of a closed connection can still be used, and does nothing.
  void useAfterEnd() {
    if (!made()) return;
    const auto before = transport().counters().writesDropped;
    transport().write("too late");
    transport().pauseProducing();
    transport().resumeProducing();
    transport().loseWriteConnection();
    transport().loseConnection();
    transport().abortConnection();
    transport().registerProducer(std::make_shared<NeverCalled>(), before % 2 == 0);
    transport().unregisterProducer();
    EXPECT_EQ(transport().counters().writesDropped, before + 1);
    EXPECT_FALSE(transport().connected());
    EXPECT_TRUE(transport().disconnecting());
  }

  Bench& bench_;
  Hooks hooks_;
  bool halfCloseable_;
  bool ended_ = false;
  std::vector<std::string> words_;
};

/// A factory of probes for a server. The bench keeps the probes; the factory only points at them.
class ProbeFactory : public Factory, public Kept {
 public:
  ProbeFactory(Bench& bench, Hooks hooks) : bench_(bench), hooks_(std::move(hooks)) {}
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    const InCallback scope(bench_, "buildProtocol");
    peers.push_back(peer);
    if (onBuild) onBuild();
    if (refuse) return nullptr;
    auto probe = std::make_shared<Probe>(bench_, hooks_);
    bench_.keep(probe);
    built.push_back(probe.get());
    return probe;
  }
  void startFactory() override {
    ++starts;
    if (onStart) onStart();
  }
  void stopFactory() override {
    ++stops;
    if (onStop) onStop();
  }
  void disarm() noexcept override { hooks_ = {}, onBuild = onStart = onStop = nullptr; }
  void atEnd() override { EXPECT_EQ(starts, stops) << "every startFactory has its stopFactory"; }
  std::string describe() const override { return "factory with " + std::to_string(built.size()) + " probes"; }

  std::vector<Probe*> built;
  std::vector<Address> peers;
  std::function<void()> onBuild, onStart, onStop;
  bool refuse = false;
  int starts = 0, stops = 0;

 private:
  Bench& bench_;
  Hooks hooks_;
};

/// The same for clients, with the story of its connector.
class ClientProbeFactory : public ClientFactory, public Kept {
 public:
  using Hook = std::function<void(Connector&)>;
  ClientProbeFactory(Bench& bench, Hooks hooks) : bench_(bench), hooks_(std::move(hooks)) {}
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    const InCallback scope(bench_, "the client's buildProtocol");
    if (onBuild) onBuild();
    if (refuse) return nullptr;
    auto probe = std::make_shared<Probe>(bench_, hooks_);
    bench_.keep(probe);
    built.push_back(probe.get());
    return probe;
  }
  void startFactory() override { ++starts; }
  void stopFactory() override { ++stops; }
  void startedConnecting(Connector& connector) override { tell("started", onStarted, connector); }
  void clientConnectionMade(Connector& connector, const std::shared_ptr<Protocol>& protocol) override {
    EXPECT_TRUE(!built.empty() && built.back() == protocol.get() && built.back()->made());
    tell("made", onMade, connector);
  }
  void clientConnectionFailed(Connector& connector, const Failure& why) override {
    reason = why;
    tell("failed:" + why.name(), onFailed, connector);
  }
  void clientConnectionLost(Connector& connector, const Failure& why) override {
    reason = why;
    const auto over = std::ranges::count_if(built, [](const Probe* probe) { return probe->lost(); });
    if (!built.empty()) {
      EXPECT_GE(over, ++losses_) << "clientConnectionLost before connectionLost";
    }
    tell("lost:" + why.name(), onLost, connector);
  }
  /// "started made lost:ConnectionDone".
  std::string story() const { return story_; }
  bool failed() const noexcept { return story_.find("failed:") != std::string::npos; }
  bool lost() const noexcept { return story_.find("lost:") != std::string::npos; }
  void disarm() noexcept override { hooks_ = {}, onBuild = nullptr, onStarted = onMade = onFailed = onLost = nullptr; }
  void atEnd() override { EXPECT_EQ(starts, stops) << "every startFactory has its stopFactory"; }
  std::string describe() const override { return "client factory [" + story_ + "]"; }

  std::vector<Probe*> built;
  std::function<void()> onBuild;
  Hook onStarted, onMade, onFailed, onLost;
  Failure reason;
  bool refuse = false;
  int starts = 0, stops = 0;

 private:
  void tell(const std::string& word, const Hook& hook, Connector& connector) {
    story_ += (story_.empty() ? "" : " ") + word;
    const std::string name = "client factory's " + word;
    const InCallback scope(bench_, name.c_str());
    if (hook) hook(connector);
  }
  Bench& bench_;
  Hooks hooks_;
  std::string story_;
  std::ptrdiff_t losses_ = 0;
};

}  // namespace teasel::contract
