#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include <teasel/drivers/poller.hpp>
#include <teasel/drivers/posix/wake.hpp>
#include <teasel/drivers/posix/worker_threads.hpp>
#include <teasel/drivers/receive_buffer.hpp>
#include <teasel/drivers/slot_table.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel {

/// The driver for mechanisms that report readiness; they differ in the Poller alone.
/// Level-triggered, one receive per readiness, writes tried at once.
///
/// Bounds: a poll accepts at most 64 connections per port, receives at most 64 KiB per stream and
/// discards at most 1 MiB per lingering stream. When accepting fails for lack of descriptors or
/// memory, the port rests for 50 ms.
class ReadinessDriver final : public Driver {
 public:
  explicit ReadinessDriver(std::unique_ptr<Poller> poller);
  ~ReadinessDriver() override;

  std::string_view name() const noexcept override { return poller_->name(); }
  Instant now() noexcept override;
  void poll(Duration maxWait, Instant& sampled) override;
  void wake() noexcept override { wake_.wake(); }
  Slot* listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) override;
  void stopListening(Slot* port) override;
  Slot* connect(const Address& to, const ConnectOptions& options, StreamSink& sink) override;
  void reading(Slot* stream, bool on) override;
  std::size_t write(Slot* stream, std::span<const Segment> segments) override;
  void shutdownWrite(Slot* stream) override;
  void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) override;
  std::unique_ptr<ThreadPool> makeThreadPool() override { return posix::makeThreadPool(); }
  std::size_t overdueSlots() const noexcept override;

 private:
  struct Entry;  // what the driver knows of a slot

  Entry& makeEntry(int descriptor);
  // Interest: collected in dirty_ and told to the poller before the wait, so that what is undone
  // costs nothing.
  void touch(Entry& entry);
  void applyInterests();
  // What is reported by the next poll.
  void failLater(Entry& entry, Failure why);
  void reportFailures();
  void fail(Entry& entry, const Failure& why);
  // Dispatch of one ready slot.
  void dispatch(Entry& entry, Poller::Bits what);
  void dispatchStream(Entry& entry, Poller::Bits what);
  void finishConnect(Entry& entry);
  void acceptAll(Entry& port);
  bool acceptOne(Entry& port);
  void receive(Entry& entry, Poller::Bits what);
  void flush(Entry& entry);
  void noticeHangUp(Entry& entry, Poller::Bits what);
  // The rest of a write: true when all of it has been taken.
  bool sendRest(Entry& entry, int& error);
  // Ends.
  void linger(Entry& entry);
  void discard(Entry& entry);
  void endLingering(Entry& entry);
  void expireDeadlines();
  void dispose(Entry& entry, bool reset);
  void reap();

  std::unique_ptr<Poller> poller_;
  posix::Wake wake_;
  detail::ReceiveBuffer buffer_;
  Instant sampled_{};
  detail::SlotTable<Entry> entries_;
  // Lists of entries. One that is in any of them is not freed, whatever became of its slot.
  std::vector<Entry*> dirty_;
  std::deque<Entry*> failed_;
  std::vector<Entry*> graveyard_;
  // of lingering streams and resting ports, with their place
  std::set<std::pair<Instant, std::uint32_t>> deadlines_;
};

}  // namespace teasel
