#include <teasel/transport/transport.hpp>

#include <string>

#include <teasel/core/errors.hpp>

namespace teasel {

// NOLINTNEXTLINE(performance-unnecessary-value-param): those that override it keep it
void Transport::registerProducer(std::shared_ptr<Producer>, bool) {
  throw UsageError("registerProducer on a " + detail::typeName(typeid(*this)) + ", which paces no producers");
}

void Transport::setWaterMarks(std::size_t high, std::size_t low) {
  if (low > high)
    throw UsageError("the low-water mark (" + std::to_string(low) + ") is above the high-water mark (" + std::to_string(high) +
                     ')');
}

namespace {

class Unconnected final : public Transport {
 public:
  void write(ByteView) override {}
  void loseConnection() override {}
  void failConnection(const Failure&) override {}
  void abortConnection(Site, const Failure&) override {}
  void loseWriteConnection() override {}
  void pauseProducing() override {}
  void resumeProducing() override {}
  const Address& getHost() const noexcept override { return none_; }
  const Address& getPeer() const noexcept override { return none_; }
  bool connected() const noexcept override { return false; }
  bool disconnecting() const noexcept override { return false; }
  bool paused() const noexcept override { return false; }
  const Counters& counters() const noexcept override { return counters_; }
  std::size_t pendingBytes() const noexcept override { return 0; }
  void setWriteLimit(std::size_t) override {}
  void registerProducer(std::shared_ptr<Producer>, bool) override {
    throw UsageError("registerProducer before the protocol has a connection");
  }

 private:
  Address none_;
  Counters counters_;
};

}  // namespace

std::shared_ptr<Transport> unconnectedTransport() {
  // Leaked on purpose: protocols with static storage duration hold it, too. So nobody counts who
  // holds it: two counts for each protocol would be atomic where the process has threads.
  static Unconnected& transport = *new Unconnected;
  return {std::shared_ptr<Transport>(), &transport};
}

}  // namespace teasel
