#pragma once

// Endpoints that the test answers. It is no part of the library.

#include <functional>
#include <memory>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/endpoints/endpoints.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>

namespace teasel::test {

/// A transport of a connection that the test makes and ends. The protocol hears of an end only when
/// the test says so.
class HandTransport final : public Transport {
 public:
  void write(ByteView) override {}
  void loseConnection() override { closed_ = true; }
  void failConnection(const Failure&) override { closed_ = true; }
  void abortConnection(Site = Site::here(), const Failure& = {}) override { closed_ = aborted_ = true; }
  void loseWriteConnection() override {}
  void pauseProducing() override {}
  void resumeProducing() override {}
  const Address& getHost() const noexcept override { return address_; }
  const Address& getPeer() const noexcept override { return address_; }
  bool connected() const noexcept override { return !closed_; }
  bool disconnecting() const noexcept override { return closed_; }
  bool paused() const noexcept override { return false; }
  const Counters& counters() const noexcept override { return counters_; }
  std::size_t pendingBytes() const noexcept override { return 0; }
  void setWriteLimit(std::size_t) override {}
  bool closed() const noexcept { return closed_; }
  bool aborted() const noexcept { return aborted_; }

 private:
  Address address_;
  Counters counters_;
  bool closed_ = false, aborted_ = false;
};

/// A client endpoint whose attempt waits until the test answers it. Like the real ones, a cancelled
/// attempt fails at once.
class HandEndpoint final : public StreamClientEndpoint {
 public:
  Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) override {
    ++attempts;
    const Deferred<std::shared_ptr<Protocol>> outcome([this](auto& cancelled) {
      ++cancels;
      if (onCancel) onCancel();
      else cancelled.errback(ConnectingCancelledError("cancelled"));
    });
    factory_ = std::move(factory);
    outcome_ = outcome;
    return wrap ? wrap(outcome) : outcome;
  }
  bool waiting() const noexcept { return outcome_ && !outcome_.called(); }
  /// The attempt succeeds.
  std::shared_ptr<Protocol> accept() {
    auto protocol = detail::buildProtocol(factory_, Address());
    make(protocol);
    std::exchange(outcome_, nullptr).callback(protocol);
    return protocol;
  }
  /// A connection is made, but the attempt is not answered.
  void make(const std::shared_ptr<Protocol>& protocol) {
    transport = std::make_shared<HandTransport>();
    protocol_ = protocol;
    protocol->makeConnection(transport);
  }
  std::shared_ptr<Protocol> build() { return detail::buildProtocol(factory_, Address()); }
  void answer(const std::shared_ptr<Protocol>& protocol) { std::exchange(outcome_, nullptr).callback(protocol); }
  void refuse() { std::exchange(outcome_, nullptr).errback(ConnectionRefusedError("refused")); }
  /// The connection that was made last ends.
  void lose(const Failure& reason = teasel::connectionLost()) {
    const auto protocol = std::exchange(protocol_, nullptr);
    transport->loseConnection();
    protocol->connectionLost(reason);
  }

  int attempts = 0, cancels = 0;
  std::function<Deferred<std::shared_ptr<Protocol>>(Deferred<std::shared_ptr<Protocol>>)> wrap;
  std::function<void()> onCancel;            ///< instead of the failure
  std::shared_ptr<HandTransport> transport;  ///< of the connection that was made last

 private:
  std::shared_ptr<Factory> factory_;
  std::shared_ptr<Protocol> protocol_;
  Deferred<std::shared_ptr<Protocol>> outcome_{nullptr};
};

}  // namespace teasel::test
