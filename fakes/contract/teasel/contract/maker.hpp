#pragma once

#include <functional>
#include <memory>
#include <string>

#include <teasel/contract/pair.hpp>
#include <teasel/transport/producer.hpp>

namespace teasel::contract {

class Maker;

/// What a maker does in its callbacks. It may refer to variables of the test body.
struct Making {
  std::function<void(Maker&)> resume{}, pause{}, stop{};
};

/// A producer that records its calls and checks, in every test, what must always hold: no call
/// comes inside a callback or another call; pauses and resumptions alternate; a pull producer is
/// never paused; stopProducing comes once and last.
class Maker final : public Producer, public Kept, public std::enable_shared_from_this<Maker> {
 public:
  /// begin() registers it.
  Maker(Bench& bench, Probe& consumer, bool streaming, Making hooks)
      : us(consumer), bench_(bench), hooks_(std::move(hooks)), streaming_(streaming) {}

  /// Registers it, and checks that this calls nobody back.
  void begin() {
    const Quiet quiet(bench_, "registerProducer");
    us.transport().registerProducer(shared_from_this(), streaming_);
  }
  void end() {
    const Quiet quiet(bench_, "unregisterProducer");
    us.transport().unregisterProducer();
  }

  void pauseProducing() override {
    EXPECT_TRUE(streaming_) << "a pull producer was paused";
    EXPECT_FALSE(calls.ends_with('p')) << "paused twice: " << calls;
    record('p', "pauseProducing", hooks_.pause);
  }
  void resumeProducing() override {
    EXPECT_TRUE(!streaming_ || calls.ends_with('p')) << "resumed without a pause: " << calls;
    record('r', "resumeProducing", hooks_.resume);
  }
  void stopProducing() override {
    EXPECT_FALSE(us.lost() && !late) << "stopProducing after connectionLost";
    record('s', "stopProducing", hooks_.stop);
  }

  void disarm() noexcept override { hooks_ = {}; }
  std::string describe() const override { return (streaming_ ? "push producer [" : "pull producer [") + calls + "]"; }

  Probe& us;
  /// p, r and s for pauseProducing, resumeProducing and stopProducing, in order
  std::string calls;
  bool late = false;  ///< it was registered after the end

 private:
  void record(char call, const char* name, const std::function<void(Maker&)>& hook) {
    EXPECT_FALSE(calls.ends_with('s')) << name << " after [" << calls << "]";
    calls += call;
    const InCallback scope(bench_, name);
    if (hook) hook(*this);
  }
  Bench& bench_;
  Making hooks_;
  bool streaming_;
};

inline std::shared_ptr<Maker> maker(Bench& bench, Probe& us, bool streaming, Making hooks = {}) {
  auto made = std::make_shared<Maker>(bench, us, streaming, std::move(hooks));
  bench.keep(made);
  return made;
}
inline std::shared_ptr<Maker> pushing(Bench& bench, Probe& us, Making hooks = {}) {
  auto made = maker(bench, us, true, std::move(hooks));
  made->begin();
  return made;
}
inline std::shared_ptr<Maker> pulling(Bench& bench, Probe& us, Making hooks) {
  auto made = maker(bench, us, false, std::move(hooks));
  made->begin();
  return made;
}

/// A resumeProducing for a pull producer: it writes `content` in pieces, and unregisters when it is
/// asked for more.
inline std::function<void(Maker&)> pieces(const std::string& content, std::size_t size) {
  return [&content, size, at = std::size_t{0}](Maker& self) mutable {
    if (at == content.size()) return self.end();
    const ByteView piece = ByteView(content).sub(at, size);
    at += piece.size();
    self.us.transport().write(piece);
  };
}

/// The hooks of a peer that does not read until it is told to.
inline Hooks deafPeer() {
  return {.made = [](Probe& them) { them.transport().pauseProducing(); }};
}

/// Writes more than any driver takes while the peer does not read. Returns how much waits.
inline std::size_t clog(Bench& bench, Probe& us) {
  us.transport().write(pattern(bench.moreThanFits()));
  bench.settle();
  EXPECT_GT(us.transport().pendingBytes(), 0u);
  return us.transport().pendingBytes();
}

}  // namespace teasel::contract
