#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <teasel/drivers/detail/posix/sockets.hpp>
#include <teasel/drivers/detail/posix/wake.hpp>
#include <teasel/drivers/detail/slot_table.hpp>
#include <teasel/drivers/detail/socket_entry.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::detail {

/// What all drivers of sockets do alike: opening, accepting, failing, lingering, and freeing of
/// entries. A driver derives from it and adds what its mechanism does: poll, connect, reading and
/// write.
///
/// An entry goes through these states; `dispose` leads from each of them to kClosed:
///
///     listen ---> kListening
///     connect --> kConnecting --> kOpen --> kLingering
///     accept -------------------> kOpen
///
/// A closed entry waits in the graveyard. reap() frees it when no list holds it any more and the
/// driver says that it is finished.
class SocketDriver : public Driver {
 public:
  Instant now() noexcept final;
  void wake() noexcept final { wake_.wake(); }
  Slot* listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) final;
  void shutdownWrite(Slot* stream) final;
  void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) override;
  std::unique_ptr<ThreadPool> makeThreadPool() final;
  std::size_t overdueSlots() const noexcept override;

 protected:
  using State = SocketEntry::State;

  /// `blocking`: how the driver's mechanism wants its descriptors.
  explicit SocketDriver(posix::Blocking blocking);
  /// A derived destructor calls disposeAll() first: here the derived part is gone.
  ~SocketDriver() override = default;

  // What a driver adds.
  /// entries().make<Entry>() with the driver's own type.
  virtual SocketEntry& newEntry() = 0;
  /// The entry has just been closed: lets go of its descriptor, with a reset if `reset`, and of
  /// its segments, now or when the kernel is done with them.
  virtual void retire(SocketEntry& entry, bool reset) = 0;
  /// Whether neither the kernel nor a list of the driver's own needs the closed entry any more.
  /// Asked by reap().
  virtual bool finished(SocketEntry& entry) = 0;

  // The turn. A driver's poll applies dirty(), waits for at most waitFor(), calls sample() and
  // reportFailures(), dispatches, and calls expireDeadlines() and reap().
  /// How long poll may wait: not at all if a failure is to be reported, else until the next
  /// deadline.
  Duration waitFor(Duration maxWait) noexcept;
  /// The time of this turn, from here on.
  Instant sample() noexcept { return sampled_ = now(); }
  Instant sampled() const noexcept { return sampled_; }
  void reportFailures();
  void expireDeadlines();
  void reap();

  /// What the entry wants of the kernel may have changed. Entries are collected in dirty() and the
  /// kernel is told before the wait, so that a change that is undone in time costs nothing.
  void touch(SocketEntry& entry) {
    if (entry.inDirty) return;
    entry.inDirty = true;
    dirty_.push_back(&entry);
  }
  std::vector<SocketEntry*>& dirty() noexcept { return dirty_; }

  /// The stream is dead. fail() reports it now, from inside poll; failLater() leaves that to the
  /// next poll. Only the first failure of an entry counts.
  void fail(SocketEntry& entry, const Failure& why);
  void failLater(SocketEntry& entry, Failure why);

  /// An entry that connects, with its socket; when that could not be opened, its descriptor is
  /// below zero and it fails later.
  SocketEntry& openConnection(const Address& to, const ConnectOptions& options, StreamSink& sink);
  /// The kernel has ended connecting: `error` is 0 or an errno value.
  void connectEnded(SocketEntry& entry, int error);
  /// `descriptor` was accepted on `port` from `peer`: makes its entry and asks the acceptor.
  void acceptStream(SocketEntry& port, int descriptor, const Address& peer);
  /// Accepting failed for lack of resources. The port rests, so that a full table of descriptors
  /// does not make a busy loop; what waits stays in the backlog.
  void acceptFailed(SocketEntry& port, int error);
  /// `port` accepts nothing until its deadline.
  void rest(SocketEntry& port);

  /// A lingering stream is over, complete or not.
  void endLingering(SocketEntry& entry);
  /// The slot is over, whatever its state was. The peer sees a reset if `reset`.
  void dispose(SocketEntry& entry, bool reset);
  void disposeAll();

  SlotTable<SocketEntry>& entries() noexcept { return entries_; }
  std::vector<SocketEntry*>& graveyard() noexcept { return graveyard_; }
  const std::vector<SocketEntry*>& graveyard() const noexcept { return graveyard_; }
  posix::Wake& wakeUp() noexcept { return wake_; }

 private:
  SocketEntry& makeEntry(int descriptor);

  posix::Wake wake_;
  posix::Blocking blocking_;
  Instant sampled_;
  SlotTable<SocketEntry> entries_;
  // Lists of entries. An entry that is in any of them is not freed.
  std::vector<SocketEntry*> dirty_;
  std::deque<SocketEntry*> failed_;
  std::vector<SocketEntry*> graveyard_;
  // Of lingering streams and resting ports, by the entry's place.
  std::set<std::pair<Instant, std::uint32_t>> deadlines_;
};

}  // namespace teasel::detail
