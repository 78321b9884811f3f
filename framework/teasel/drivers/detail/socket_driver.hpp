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

/// The base of the drivers that use the kernel's sockets. It has what they do alike: they open
/// sockets, accept, report failures, let streams linger, and free entries. A driver derives from it
/// and adds what depends on its mechanism: poll, stopListening, connect, reading and write.
///
/// An entry goes through these states. dispose() leads from each of them to kClosed:
///
///     listen, adoptPort -----> kListening
///     connect, adoptStream --> kConnecting --> kOpen --> kLingering
///     accept --------------------------------> kOpen
///
/// The mechanism says when a TCP stream is connected. The kernel connects a UNIX stream at once, or
/// says that the backlog of the port is full; then the entry rests and the base tries again. Such a
/// stream, and one that was adopted, is reported by reportDue() (`connectsAtOnce`).
///
/// A closed entry waits in the graveyard until no list holds it any more and the driver says that
/// it is finished. Then reap() frees it.
class SocketDriver : public Driver {
 public:
  /// The destructor of a derived class must call disposeAll(). This one comes too late for that,
  /// because retire() is gone.
  ~SocketDriver() override = default;

  Instant now() noexcept final;
  void wake() noexcept final { wake_.wake(); }
  Slot* listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) final;
  Slot* adoptPort(int fd, Acceptor& acceptor, Failure& why) final;
  Slot* adoptStream(int fd, StreamSink& sink, Failure& why) final;
  void shutdownWrite(Slot* stream) final;
  void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) override;
  std::unique_ptr<ThreadPool> makeThreadPool() final;
  std::unique_ptr<Resolver> makeResolver(Reactor& reactor) final;
  ListenFDs listenFDs() final;
  bool takeInherited(int fd, bool closes) final;
  void giveBackInherited(int fd) noexcept final;
  std::size_t overdueSlots() const noexcept override;
  bool sendsFiles() const noexcept final { return true; }

 protected:
  using State = SocketEntry::State;
  /// How long a port rests after accepting failed.
  static constexpr Duration kAcceptRest = std::chrono::milliseconds(50);

  /// `blocking` says which descriptors the driver's mechanism needs.
  explicit SocketDriver(posix::Blocking blocking);

  // What a driver must add.
  /// Returns entries().make<Entry>(), with the driver's own type of entry.
  virtual SocketEntry& newEntry() = 0;
  /// The entry has just been closed. Closes its descriptor, so that the peer sees a reset if
  /// `reset` is true, and frees its segments: now, or when the kernel no longer uses them.
  virtual void retire(SocketEntry& entry, bool reset) = 0;
  /// Whether neither the kernel nor a list of the derived class needs the closed entry any more.
  /// reap() asks this.
  virtual bool finished(SocketEntry& entry) = 0;

  // The turn. The poll of a driver does this, in this order: it tells the kernel what the entries
  // in dirty() want, waits for waitFor() at most, calls sample() and reportDue(), handles what the
  // kernel reported, and calls expireDeadlines() and reap().
  /// How long poll may wait: until the next deadline, but not at all when something must be
  /// reported. Never longer than `maxWait`.
  Duration waitFor(Duration maxWait) noexcept;
  /// Takes the time of this turn, and returns it.
  Instant sample() noexcept { return sampled_ = now(); }
  Instant sampled() const noexcept { return sampled_; }
  /// Reports failures, and streams that were connected at once.
  void reportDue();
  void expireDeadlines();
  void reap();

  /// Says that the entry may want something else of the kernel now. Such entries are collected in
  /// dirty(), and the kernel is told before the wait. So a change that is undone before costs
  /// nothing.
  void touch(SocketEntry& entry) {
    if (entry.inDirty) return;
    entry.inDirty = true;
    dirty_.push_back(&entry);
  }
  std::vector<SocketEntry*>& dirty() noexcept { return dirty_; }

  /// The stream is dead. fail() reports that at once, and may be called only from inside poll.
  /// failLater() leaves the report to the next poll. Only the first failure of an entry counts.
  void fail(SocketEntry& entry, const Failure& why);
  void failLater(SocketEntry& entry, Failure why);
  /// A send has failed: nothing more is sent, and the rest of the write is given up. Receiving goes
  /// on, because bytes may have arrived before. The sink is told at once or, by the second one, in
  /// the next poll.
  void failSending(SocketEntry& entry, const Failure& why);
  void failSendingLater(SocketEntry& entry, Failure why);

  /// Sends from files, while it is their turn, what the socket takes now: `may` bytes at most, and
  /// takes them off `may`. Returns 0 when bytes in memory come next, or nothing is left; EAGAIN
  /// when the rest has to wait until the socket has room, or until the next poll; another errno
  /// value when the socket failed; kFileFailed when a file did.
  int sendFiles(SocketEntry& entry, std::size_t& may);
  /// How much of files a poll sends for a stream at most, so that one does not occupy the loop.
  static constexpr std::size_t kFilesPerPoll = std::size_t{1} << 20;
  static constexpr int kFileFailed = -1;
  /// After kFileFailed: the stream is dead. The sink is told at once or, by the second one, in the
  /// next poll. When it closes the stream, the peer sees a reset.
  void breakOff(SocketEntry& entry);
  void breakOffLater(SocketEntry& entry);

  /// Makes an entry that will connect, with its socket. If the socket cannot be opened, the entry
  /// has no descriptor and fails later. A UNIX stream is connected here (`connectsAtOnce`); another
  /// one is left to the driver.
  SocketEntry& openConnection(const Address& to, const ConnectOptions& options, StreamSink& sink);
  /// The kernel has finished connecting. `error` is 0, or an errno value if it failed. An error
  /// that only a connected socket can have means that it was connected and then reset.
  void connectEnded(SocketEntry& entry, int error);
  /// The port has accepted `descriptor`, a connection from `peer`. Makes an entry for it and asks
  /// the acceptor for the sink.
  void acceptStream(SocketEntry& port, int descriptor, const Address& peer);
  /// Accepting failed for lack of resources. The port rests: without that, a full table of
  /// descriptors would make a busy loop. The waiting connections stay in the backlog.
  void acceptFailed(SocketEntry& port, int error);
  /// The port accepts nothing for so long, or the UNIX stream is not tried again.
  void rest(SocketEntry& entry, Duration time);

  /// A lingering stream is over, whether all its bytes were sent or not.
  void endLingering(SocketEntry& entry);
  /// The slot is over, whatever its state is. The peer sees a reset if `reset` is true.
  void dispose(SocketEntry& entry, bool reset);
  void disposeAll();

  SlotTable<SocketEntry>& entries() noexcept { return entries_; }
  std::vector<SocketEntry*>& graveyard() noexcept { return graveyard_; }
  const std::vector<SocketEntry*>& graveyard() const noexcept { return graveyard_; }
  posix::Wake& wakeUp() noexcept { return wake_; }

 private:
  SocketEntry& makeEntry(int descriptor);
  SocketEntry& makePort(int descriptor, const Address& host, Acceptor& acceptor);
  void connectUnix(SocketEntry& entry);
  void reportLater(SocketEntry& entry, Failure why);
  void disownPort(SocketEntry& port) noexcept;

  posix::Wake wake_;
  posix::Blocking blocking_;
  Instant sampled_;
  // what takeInherited took, until adoptPort makes a port of it
  int taken_ = -1;
  bool closesTaken_ = false;
  SlotTable<SocketEntry> entries_;
  // Lists of entries. An entry is not freed while it is in one of the first two.
  std::vector<SocketEntry*> dirty_;
  std::deque<SocketEntry*> toReport_;
  std::vector<SocketEntry*> graveyard_;
  // The deadlines of lingering streams and resting entries, with the places of the entries.
  std::set<std::pair<Instant, std::uint32_t>> deadlines_;
};

}  // namespace teasel::detail
