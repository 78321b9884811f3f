#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <teasel/drivers/detail/poller.hpp>
#include <teasel/drivers/detail/receive_buffer.hpp>
#include <teasel/drivers/detail/socket_driver.hpp>

namespace teasel::detail {

/// The driver for all mechanisms that report readiness. They differ only in the Poller. The driver
/// is level-triggered: it receives once for each report of readiness. It tries to write at once.
///
/// Bounds: a poll accepts at most 64 connections per port, receives at most 64 KiB per stream,
/// sends at most 1 MiB of files per stream and discards at most 1 MiB per lingering stream. When
/// accepting fails for lack of descriptors or memory, the port rests for 50 ms.
class ReadinessDriver final : public SocketDriver {
 public:
  explicit ReadinessDriver(std::unique_ptr<Poller> poller);
  ~ReadinessDriver() override;

  std::string_view name() const noexcept override { return poller_->name(); }
  void poll(Duration maxWait, Instant& sampled) override;
  void stopListening(Slot* port) override;
  Slot* connect(const Address& to, const ConnectOptions& options, StreamSink& sink) override;
  void reading(Slot* stream, bool on) override;
  std::size_t write(Slot* stream, std::span<const Segment> segments) override;
  std::size_t writeBorrowed(Slot* stream, ByteView bytes) override;

 private:
  struct Entry;  // what the driver knows of a slot

  SocketEntry& newEntry() override;
  void retire(SocketEntry& entry, bool reset) override;
  bool finished(SocketEntry& entry) override;

  void fetchAhead(std::span<const Poller::Ready> ready);
  // Tells the poller what the entries in dirty() want.
  void applyInterests();
  void interestFailed(Entry& entry, int error);
  // Handling of one slot that is ready.
  void dispatch(Entry& entry, Poller::Bits what);
  void dispatchStream(Entry& entry, Poller::Bits what);
  void acceptAll(Entry& port);
  bool acceptOne(Entry& port);
  void receive(Entry& entry, Poller::Bits what);
  void flush(Entry& entry);
  void noticeHangUp(Entry& entry, Poller::Bits what);
  // Sends what the kernel takes at once of these bytes, and returns how many these are.
  std::size_t sendNow(Entry& entry, ByteView bytes);
  // Sends the rest of a write. True when the kernel has taken all of it; `error` is 0 when it takes
  // more later, and kFileFailed when a file could not be read.
  bool sendRest(Entry& entry, int& error);
  void linger(Entry& entry);
  void discard(Entry& entry);

  std::unique_ptr<Poller> poller_;
  ReceiveBuffer buffer_;
};

}  // namespace teasel::detail
