#include <teasel/protocols/throttling.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>

namespace teasel {

namespace {

/// As much as this time may carry passes at once.
constexpr Duration kBurst = std::chrono::seconds(1);

/// How long `bytes` take at `limit` bytes a second.
Duration timeFor(std::uint64_t bytes, std::uint64_t limit) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  const std::uint64_t rest = bytes % limit;
  // Beyond 8 GiB the product would not fit, and the quotient is exact enough.
  const std::uint64_t part = rest >> 33 == 0 ? rest * kNanoseconds / limit : rest / (limit / kNanoseconds);
  return std::chrono::seconds(bytes / limit) + std::chrono::nanoseconds(part);
}

}  // namespace

/// Stands between a producer and its transport. The producer runs while neither the transport nor
/// the throttle wants it to pause, and until it is stopped.
class ThrottlingFactory::Gate final : public Producer {
 public:
  Gate(std::shared_ptr<Producer> producer, bool streaming, bool throttled)
      : producer_(std::move(producer)), streaming_(streaming), throttled_(throttled) {}

  void pauseProducing() override {
    paused_ = true;
    if (!throttled_) producer_->pauseProducing();
  }
  void resumeProducing() override {
    if (stopped_) return;
    paused_ = false;
    if (throttled_) owed_ = !streaming_;
    else producer_->resumeProducing();
  }
  void stopProducing() override {
    stopped_ = true;
    producer_->stopProducing();
  }
  /// Whether it is a transport whose connection has ended: it will write nothing more, and need not
  /// unregister.
  bool exhausted() const noexcept {
    const auto* source = dynamic_cast<const Transport*>(producer_.get());
    return source != nullptr && !source->connected();
  }

  void throttle(bool throttled) {
    if (stopped_ || exhausted()) return;
    if (std::exchange(throttled_, throttled) == throttled) return;
    if (streaming_ && !paused_) {
      if (throttled) producer_->pauseProducing();
      else producer_->resumeProducing();
    } else if (!throttled && std::exchange(owed_, false)) {
      producer_->resumeProducing();
    }
  }

 private:
  std::shared_ptr<Producer> producer_;
  bool streaming_;
  bool throttled_;
  bool paused_ = false;  // by the transport
  bool stopped_ = false;
  bool owed_ = false;  // a pull producer was asked for a piece while throttled
};

class ThrottlingFactory::Wrapper final : public ProtocolWrapper {
 public:
  /// `factory` is the factory of the wrapper, which holds it.
  Wrapper(std::shared_ptr<Protocol> wrapped, ThrottlingFactory& factory) : ProtocolWrapper(std::move(wrapped)), all_(factory) {}

  void connectionMade() override {
    if (all_.readsThrottled()) throttleReads(true);
    all_.passed(all_.reads_, 0);
  }
  void dataReceived(ByteView data) override {
    served_ = true;
    ProtocolWrapper::dataReceived(data);
    all_.passed(all_.reads_, data.size());
  }
  void connectionLost(const Failure& reason) override {
    gate_.reset();
    ProtocolWrapper::connectionLost(reason);
    all_.lost();
  }

  void write(ByteView data) override {
    ProtocolWrapper::write(data);
    all_.passed(all_.writes_, data.size());
  }
  void pauseProducing() override {
    paused_ = true;
    ProtocolWrapper::pauseProducing();
  }
  void resumeProducing() override {
    paused_ = false;
    if (!throttled_) ProtocolWrapper::resumeProducing();
  }
  bool paused() const noexcept override { return paused_; }
  void registerProducer(std::shared_ptr<Producer> producer, bool streaming) override {
    // The transport refuses null.
    if (producer == nullptr) return ProtocolWrapper::registerProducer(nullptr, streaming);
    auto gate = std::make_shared<Gate>(std::move(producer), streaming, false);
    ProtocolWrapper::registerProducer(gate, streaming);
    // A transport that is closing has not registered it, and stops it.
    if (disconnecting()) return;
    gate_ = std::move(gate);
    if (all_.writesThrottled()) all_.begin(all_.writes_);
  }
  void loseConnection() override {
    letGoOfEndedSource();
    ProtocolWrapper::loseConnection();
  }
  void failConnection(const Failure& why) override {
    letGoOfEndedSource();
    ProtocolWrapper::failConnection(why);
  }
  void loseWriteConnection() override {
    letGoOfEndedSource();
    ProtocolWrapper::loseWriteConnection();
  }
  void unregisterProducer() override {
    gate_.reset();
    ProtocolWrapper::unregisterProducer();
  }

  /// Whether it has read since the last startOver.
  bool served() const noexcept { return served_; }
  void startOver() noexcept { served_ = false; }
  void throttleReads(bool throttled) {
    if (std::exchange(throttled_, throttled) == throttled || paused_) return;
    if (throttled) ProtocolWrapper::pauseProducing();
    else ProtocolWrapper::resumeProducing();
  }
  /// Calls the producer, so it is called by timers only. The producer may unregister.
  void throttleWrites(bool throttled) {
    const std::shared_ptr<Gate> gate = gate_;
    Failure failure;
    if (gate != nullptr && !guarded("a throttled producer", failure, [&] { gate->throttle(throttled); }))
      transport().abortConnection(Site::here(), failure);
  }

 private:
  /// The transport sees the gate, and so does not see that the producer behind it is a transport.
  void letGoOfEndedSource() {
    if (gate_ != nullptr && gate_->exhausted()) unregisterProducer();
  }

  ThrottlingFactory& all_;
  std::shared_ptr<Gate> gate_;
  bool throttled_ = false;
  bool served_ = false;
  bool paused_ = false;  // by the wrapped protocol
};

ThrottlingFactory::ThrottlingFactory(Clock& clock, std::shared_ptr<Factory> wrapped, ThrottlingOptions options)
    : WrappingFactory(std::move(wrapped)),
      clock_(clock),
      reads_{.limit = options.readLimit, .change = &Wrapper::throttleReads},
      writes_{.limit = options.writeLimit, .change = &Wrapper::throttleWrites} {
  if (options.readLimit == std::size_t{0} || options.writeLimit == std::size_t{0})
    throw UsageError("a ThrottlingFactory with a limit of 0 bytes a second");
}

ThrottlingFactory::~ThrottlingFactory() {
  reads_.timer.cancelIfActive();
  writes_.timer.cancelIfActive();
}

std::shared_ptr<ProtocolWrapper> ThrottlingFactory::wrap(std::shared_ptr<Protocol> protocol) {
  auto wrapper = std::make_shared<Wrapper>(std::move(protocol), *this);
  wrapper->setFactory(shared_from_this());
  return wrapper;
}

void ThrottlingFactory::passed(Direction& direction, std::size_t bytes) {
  if (!direction.limit) return;
  direction.paidUntil = std::max(direction.paidUntil, clock_.now()) + timeFor(bytes, *direction.limit);
  if (!direction.throttled && direction.paidUntil > clock_.now() + kBurst) begin(direction);
}

/// Throttles. Producers must not be called inside a write, so this follows in another call.
void ThrottlingFactory::begin(Direction& direction) {
  direction.throttled = true;
  direction.timer.cancelIfActive();
  direction.timer = clock_.callLater(Duration::zero(), [this, &direction] {
    direction.timer = clock_.callAt(direction.paidUntil - kBurst, [this, &direction] { end(direction); });
    changeAll(direction, true);
  });
  if (&direction == &reads_) changeAll(direction, true);
}

void ThrottlingFactory::end(Direction& direction) {
  // What was written meanwhile without a producer prolongs it.
  if (direction.paidUntil > clock_.now() + kBurst) {
    direction.timer = clock_.callAt(direction.paidUntil - kBurst, [this, &direction] { end(direction); });
    return;
  }
  direction.throttled = false;
  if (&direction == &reads_) return resumeReads();
  changeAll(direction, false);
}

/// A connection may take all that passes before the next one is asked, so those that have not read
/// yet go first. The others follow when a turn has shown that this was not too much.
void ThrottlingFactory::resumeReads() {
  for (const auto& [number, wrapper] : protocols())
    if (auto& each = static_cast<Wrapper&>(*wrapper); !each.served()) each.throttleReads(false);
  reads_.timer = clock_.callLater(Duration::zero(), [this] {
    for (const auto& [number, wrapper] : protocols()) {
      static_cast<Wrapper&>(*wrapper).startOver();
      static_cast<Wrapper&>(*wrapper).throttleReads(false);
    }
  });
}

void ThrottlingFactory::changeAll(Direction& direction, bool throttled) {
  // A producer may end its connection, and so change the list.
  std::vector<std::shared_ptr<Protocol>> held;
  for (const auto& [number, wrapper] : protocols()) held.push_back(wrapper->shared_from_this());
  for (const auto& each : held) (static_cast<Wrapper&>(*each).*direction.change)(throttled);
}

/// Without connections no timer waits. What has passed still counts.
void ThrottlingFactory::lost() {
  if (!protocols().empty()) return;
  for (Direction* each : {&reads_, &writes_}) {
    each->timer.cancelIfActive();
    each->throttled = false;
  }
}

}  // namespace teasel
