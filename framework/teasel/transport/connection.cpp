#include <teasel/transport/connection.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <teasel/core/check.hpp>
#include <teasel/core/detail/pool_allocator.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>

namespace teasel {

namespace {

constexpr Logger kLog("connection");
/// A write of at least this many bytes from the chunk that is being delivered shares them with the
/// out-queue. Smaller ones are copied.
constexpr std::size_t kShareFrom = 2048;

std::shared_ptr<Connection> newConnection(Reactor& reactor, std::shared_ptr<ConnectionOwner>&& owner) {
  return std::allocate_shared<Connection>(detail::PoolAllocator<Connection>(), reactor, std::move(owner));
}

std::string nameOf(const Producer& producer) { return detail::typeName(typeid(producer)); }

}  // namespace

Connection::Connection(Reactor& reactor, std::shared_ptr<ConnectionOwner> owner) : reactor_(&reactor), owner_(std::move(owner)) {
  reactor.addResource(*this);
}

Connection::~Connection() = default;

StreamSink* Connection::accept(Reactor& reactor, Slot* slot, std::shared_ptr<ConnectionOwner> owner) {
  auto made = newConnection(reactor, std::move(owner));
  Connection& connection = *made;
  connection.self_ = std::move(made);  // until the closing phase
  connection.slot_ = slot;
  connection.makeConnection();
  return &connection;
}

std::shared_ptr<Connection> Connection::connect(Reactor& reactor, const Address& to, const ConnectOptions& options,
                                                std::shared_ptr<ConnectionOwner> owner) {
  auto connection = newConnection(reactor, std::move(owner));
  connection->self_ = connection;
  connection->peer_ = to;
  connection->slot_ = reactor.driver().connect(to, options, *connection);
  return connection;
}

std::shared_ptr<Connection> Connection::adopt(Reactor& reactor, int descriptor, std::shared_ptr<ConnectionOwner> owner,
                                              Failure& why) {
  auto connection = newConnection(reactor, std::move(owner));
  connection->slot_ = reactor.driver().adoptStream(descriptor, *connection, why);
  if (connection->slot_ == nullptr) return nullptr;
  connection->self_ = connection;
  connection->peer_ = connection->slot_->peer();
  return connection;
}

void Connection::makeConnection() {
  host_ = slot_->host();
  peer_ = slot_->peer();
  made_ = true;
  sending_ = SendState::kOpen;
  receiving_ = ReceiveState::kOpen;
  Failure failure;
  if (!guarded("buildProtocol", failure, [&] { protocol_ = owner_->buildProtocol(peer_); }))
    kLog.failure("exception out of buildProtocol", failure);
  if (owner_ == nullptr) return;  // abandoned inside buildProtocol
  if (protocol_ == nullptr) return end(connectionDone(), CloseMode::kGraceful);
  dispatch("connectionMade", [&] {
    protocol_->makeConnection(self_);
    if (owner_ != nullptr) owner_->connectionMade();  // null: abandoned inside connectionMade
  });
}

template <class F>
void Connection::run(const char* callback, F&& call) {
  TEASEL_CHECK(!dispatching_);
  struct Scope {
    Connection& connection;
    explicit Scope(Connection& c) noexcept : connection(c) { c.dispatching_ = true; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
      connection.dispatching_ = false;
      connection.chunk_ = nullptr;
    }
  };
  Failure failure;
  bool returned = false;
  {
    const Scope scope(*this);
    returned = guarded(callback, failure, std::forward<F>(call));
  }
  if (!returned) {
    kLog.failure(std::string("exception out of ") + callback + ", the connection is aborted", failure);
    end(failure, CloseMode::kAbort);
  }
}

template <class F>
void Connection::dispatch(const char* callback, F&& call) {
  run(callback, std::forward<F>(call));
  afterDispatch();
}

/// What follows every callback and every upcall. `resumed`: the callback was a producer's
/// resumeProducing.
[[gnu::hot]] void Connection::afterDispatch(bool resumed) {
  if (ended()) return;
  if (queuedBytes_ > 0 && inFlightBytes_ == 0) flush();
  if (pacer_.any()) pace(resumed);
  else if (sending_ != SendState::kOpen) endIfFlushed();
}

/// Makes the call that the producer is owed, if it is owed one.
void Connection::pace(bool resumed) {
  using Due = detail::Pacer::Due;
  // A pull producer would wait for a call that cannot come, and what waits for it as well. A push
  // producer goes on: it may be the connection to which the last input is to be forwarded.
  if (broken() && !pacer_.pushes()) return dispatch("stopProducing", [producer = pacer_.take()] { producer->stopProducing(); });
  const Due due = pacer_.due(pendingBytes(), counters_.bytesWritten);
  // held here: it may unregister itself
  const std::shared_ptr<Producer> producer = due == Due::kStop ? pacer_.take() : pacer_.producer();
  switch (due) {
    case Due::kNothing: return;
    case Due::kStop: return dispatch("stopProducing", [&] { producer->stopProducing(); });
    case Due::kPause:
      pacer_.calling(due, counters_.bytesWritten);
      run("pauseProducing", [&] { producer->pauseProducing(); });
      return afterDispatch(resumed);
    case Due::kResume:
      // Where the driver takes everything at once, one producer must not occupy the loop.
      if (resumed) return paceInNextTurn();
      pacer_.calling(due, counters_.bytesWritten);
      run("resumeProducing", [&] { producer->resumeProducing(); });
      return afterDispatch(true);
  }
}

void Connection::paceInNextTurn() {
  if (std::exchange(pacing_, true)) return;
  reactor_->callFromThread([self = self_] {
    self->pacing_ = false;
    self->afterDispatch();
  });
}

[[gnu::hot]] void Connection::write(ByteView data) {
  if (data.empty() || !admits(data.size())) return;
  if (mayBorrow(data)) borrowed_ = data.data();
  else append(data);
  queue(data.size());
}

void Connection::writeOwned(std::string data) {
  if (data.size() < kShareFrom) return write(data);
  if (!admits(data.size())) return;
  if (borrowed_ != nullptr) own();
  const std::size_t size = data.size();
  queued().push_back(Segment::adopt(std::move(data)));
  queue(size);
}

bool Connection::writeFile(const std::shared_ptr<File>& file, std::uint64_t offset, std::size_t length) {
  if (file == nullptr) throw UsageError("writeFile needs a file");
  if (file->descriptor() < 0 || reactor_ == nullptr || !reactor_->driver().sendsFiles()) return false;
  if (length == 0 || !mayWrite(length)) return true;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (offset > kMost || length > kMost - offset || length > kMost - pendingBytes())
    throw UsageError("writeFile: no file has " + std::to_string(length) + " bytes from byte " + std::to_string(offset) + " on");
  if (overLimit(kFileCost)) return true;
  counters_.bytesWritten += length;
  if (borrowed_ != nullptr) own();
  queued().push_back(Segment::ofFile(file, offset, length));
  output_->queuedFiles.add(length);
  queue(length);
  return true;
}

/// Whether anything may be written. If not, counts what is dropped.
inline bool Connection::mayWrite(std::size_t size) {
  if (sending_ == SendState::kOpen || (!ended() && !broken() && pacer_.any())) return true;
  ++counters_.writesDropped;
  counters_.bytesDropped += size;
  return false;
}

/// Whether so many bytes may be written. Counts them.
inline bool Connection::admits(std::size_t size) {
  if (!mayWrite(size)) return false;
  if ((size > writeLimit_ || pendingBytes() > writeLimit_ - size) && overLimit(size)) return false;
  counters_.bytesWritten += size;
  return true;
}

/// Whether so many bytes more would exceed the write limit, in which bytes of files do not count.
/// Ends the connection then.
[[gnu::cold]] bool Connection::overLimit(std::size_t size) {
  std::size_t inMemory = pendingBytes();
  if (output_ != nullptr) {
    const Output& out = *output_;
    inMemory -= out.queuedFiles.bytes + out.filesInFlight.bytes;
    inMemory += (out.queuedFiles.count + out.filesInFlight.count) * kFileCost;
  }
  if (size <= writeLimit_ && inMemory <= writeLimit_ - size) return false;
  end(Failure(LimitExceeded("write limit", writeLimit_, inMemory + size)), CloseMode::kAbort);
  return true;
}

/// The queued files are in flight now; the driver has not sent the last `left` bytes.
void Connection::Output::countFilesInFlight(std::size_t left) noexcept {
  queuedFiles = filesInFlight = {};
  for (auto it = inFlight.rbegin(); it != inFlight.rend() && left > 0; ++it) {
    const std::size_t unsent = std::min(left, it->size());
    if (it->isFile()) filesInFlight.add(unsent);
    left -= unsent;
  }
}

/// So many bytes more wait.
inline void Connection::queue(std::size_t size) {
  queuedBytes_ += size;
  if (queuedBytes_ > pacer_.sendAt() && inFlightBytes_ == 0) flush();
  if (!dispatching_) wantTurnEnd();
}

/// Whether bytes may wait for the end of the dispatch without a copy: they lie in the chunk that is
/// being delivered, and nothing waits before them. Large ones are shared instead, if they can be.
bool Connection::mayBorrow(ByteView data) const noexcept {
  return queuedBytes_ == 0 && inFlightBytes_ == 0 && chunk_ != nullptr && chunk_->contains(data) &&
         (data.size() < kShareFrom || !chunk_->shareable());
}

/// Copies the borrowed bytes, because something is to follow them or their chunk ends.
void Connection::own() {
  const ByteView data(std::exchange(borrowed_, nullptr), std::exchange(queuedBytes_, 0));
  append(data);
  queuedBytes_ = data.size();
}

void Connection::append(ByteView data) {
  if (borrowed_ != nullptr) own();
  if (data.size() >= kShareFrom && chunk_ != nullptr && chunk_->shareable() && chunk_->contains(data)) {
    queued().push_back(chunk_->retain(data));
    return;
  }
  std::vector<Segment>& waiting = queued();
  if (!waiting.empty() && waiting.back().tryAppend(data)) return;
  // Later segments are larger: a megabyte that is written byte by byte makes some 30, not 2000.
  // A file ends the segment before it, so only what is behind the last file counts.
  const std::size_t last = waiting.empty() || waiting.back().isFile() ? 0 : queuedBytes_ - output_->queuedFiles.bytes;
  waiting.emplace_back(data, last < 512 ? 512 : last < 4096 ? 4096 : last < 65536 ? 16384 : 65536);
}

[[gnu::hot]] void Connection::flush() {
  std::size_t offered = std::exchange(queuedBytes_, 0);
  if (borrowed_ != nullptr) {
    const ByteView data(std::exchange(borrowed_, nullptr), offered);
    const std::size_t sent = reactor_->driver().writeBorrowed(slot_, data);
    counters_.bytesSent += sent;
    if (sent == offered) return;
    offered -= sent;
    queued().emplace_back(data.sub(sent));
  }
  const std::size_t taken = reactor_->driver().write(slot_, output_->queued);
  counters_.bytesSent += taken;
  if (taken == offered) {
    output_.reset();  // an idle connection keeps no memory for it
  } else {
    inFlightBytes_ = offered - taken;
    output_->queued.swap(output_->inFlight);
    if (output_->queuedFiles.count > 0) output_->countFilesInFlight(inFlightBytes_);
  }
}

void Connection::onWritten(std::size_t count) {
  TEASEL_CHECK(count == inFlightBytes_);
  counters_.bytesSent += count;
  inFlightBytes_ = 0;
  if (queuedBytes_ == 0) {
    output_.reset();
  } else {
    output_->inFlight.clear();
    output_->filesInFlight = {};
  }
  afterDispatch();
}

/// Goes on with the end that was asked for, when nothing waits any more.
void Connection::endIfFlushed() {
  if (pendingBytes() > 0) return;
  if (sending_ == SendState::kClosing) {
    end(reason_ ? reason_ : connectionDone(), CloseMode::kGraceful);
    return;
  }
  if (sending_ != SendState::kShuttingDown) return;
  sending_ = SendState::kShutDown;
  reactor_->driver().shutdownWrite(slot_);
  if (protocol_->halfCloseable()) {
    writeLostDue_ = true;
    wantTurnEnd();
  } else if (receiving_ == ReceiveState::kEndOfStream) {
    end(connectionDone(), CloseMode::kGraceful);
  }
}

void Connection::beginClosing() noexcept {
  sending_ = SendState::kClosing;
  receiving_ = ReceiveState::kDiscarding;
}

void Connection::loseConnection() {
  if (!connected()) return;
  letGoOfEndedSource();
  if (disconnecting()) return;
  if (broken()) return end(reason_, CloseMode::kAbort);  // what was written cannot be flushed
  beginClosing();
  // What comes from now on is read and discarded. A peer that is still sending then gets to read
  // our reply.
  if (paused_) reactor_->driver().reading(slot_, true);
  if (!dispatching_) wantTurnEnd();
}

void Connection::failConnection(const Failure& why) {
  if (connecting() || disconnecting()) return;
  reason_ = why;
  pacer_.stopPush();
  loseConnection();
}

void Connection::abortConnection(Site site, const Failure& cause) {
  if (connected()) end(Failure(ConnectionAborted(site, cause), Site{}), CloseMode::kAbort);
}

void Connection::loseWriteConnection() {
  if (connecting() || disconnecting()) return;
  letGoOfEndedSource();
  if (sending_ != SendState::kOpen) return;
  sending_ = SendState::kShuttingDown;
  if (!dispatching_) wantTurnEnd();
}

void Connection::pauseProducing() {
  if (connecting() || disconnecting() || paused_) return;
  paused_ = true;
  reactor_->driver().reading(slot_, false);
}

void Connection::resumeProducing() {
  if (connecting() || disconnecting() || !paused_) return;
  paused_ = false;
  reactor_->driver().reading(slot_, true);
  resumedDue_ = true;
  wantTurnEnd();
}

void Connection::registerProducer(std::shared_ptr<Producer> producer, bool streaming) {
  if (producer == nullptr) throw UsageError("registerProducer needs a producer");
  if (pacer_.any())
    throw ProducerAlreadyRegistered("registerProducer of a " + nameOf(*producer) + " while a " + nameOf(*pacer_.producer()) +
                                    " is registered");
  if (sending_ == SendState::kOpen || broken()) {
    // After a failed send it is stopped, before connectionLost comes.
    pacer_.set(std::move(producer), streaming && !broken());
    if (!dispatching_) wantTurnEnd();
    return;
  }
  Reactor* reactor = reactor_ != nullptr ? reactor_ : weakReactor_ != nullptr ? *weakReactor_ : nullptr;
  if (reactor != nullptr) reactor->callFromThread([late = std::move(producer)] { late->stopProducing(); });
}

void Connection::unregisterProducer() {
  if (pacer_.take() != nullptr && !ended() && !dispatching_) wantTurnEnd();
}

/// A producer that is a transport whose connection has ended will write nothing more: it need not
/// unregister.
void Connection::letGoOfEndedSource() {
  if (!pacer_.any()) return;
  const auto* source = dynamic_cast<const Transport*>(pacer_.producer().get());
  if (source != nullptr && !source->connected()) unregisterProducer();
}

void Connection::setWaterMarks(std::size_t high, std::size_t low) {
  Transport::setWaterMarks(high, low);
  pacer_.setMarks(high, low);
  if (pacer_.any() && !ended() && !dispatching_) wantTurnEnd();
}

void Connection::deliverResumed() {
  resumedDue_ = false;
  if (!paused_ && !disconnecting()) dispatch("producingResumed", [&] { protocol_->producingResumed(); });
}

void Connection::stopConnecting(const Failure& why) {
  if (connecting()) end(why, CloseMode::kAbort);
}

void Connection::onConnected() { makeConnection(); }

[[gnu::hot]] void Connection::onData(Chunk& chunk) {
  if (resumedDue_) deliverResumed();
  if (receiving_ >= ReceiveState::kDiscarding) {
    if (!ended()) counters_.bytesDiscarded += chunk.size();
    return;
  }
  counters_.bytesReceived += chunk.size();
  chunk_ = &chunk;
  // An assertion exception of a test passes through here before what was written is sent.
  struct Loan {
    Connection& connection;
    explicit Loan(Connection& c) noexcept : connection(c) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() {
      if (connection.borrowed_ != nullptr) connection.own();
    }
  };
  const Loan loan(*this);
  dispatch("dataReceived", [&] { protocol_->dataReceived(chunk); });
}

void Connection::onEof() {
  if (resumedDue_) deliverResumed();
  if (ended() || (disconnecting() && !pacer_.any())) return;
  if (broken()) return end(reason_, CloseMode::kAbort);
  if (!protocol_->halfCloseable()) {
    pacer_.stopPush();  // the protocol does not hear of the end and could not stop it
    beginClosing();
    afterDispatch();
    return;
  }
  if (disconnecting()) return;
  receiving_ = ReceiveState::kEndOfStream;
  dispatch("readConnectionLost", [&] { protocol_->readConnectionLost(); });
  if (sending_ == SendState::kShutDown && !writeLostDue_) end(connectionDone(), CloseMode::kGraceful);
}

void Connection::onWriteError(const Failure& why) {
  if (resumedDue_) deliverResumed();
  if (ended()) return;
  // Nobody waits for input, and what was to be flushed cannot be sent.
  if (disconnecting()) return end(reason_ ? reason_ : why, CloseMode::kAbort);
  sending_ = SendState::kBroken;
  reason_ = why;
  freeOutput();
  afterDispatch();
}

void Connection::onError(const Failure& why) {
  if (resumedDue_) deliverResumed();
  // It is we who break off when a file does.
  const bool ours = why.check<FileReadError>() != nullptr;
  end(reason_ ? reason_ : ours ? Failure(ConnectionAborted(Site{}, why), Site{}) : why, CloseMode::kAbort);
}

void Connection::end(const Failure& reason, CloseMode mode) {
  if (ended()) return;
  sending_ = SendState::kClosed;
  receiving_ = ReceiveState::kClosed;
  reason_ = reason;
  if (slot_ != nullptr) {
    std::vector<Segment> left = output_ != nullptr ? std::move(output_->inFlight) : std::vector<Segment>{};
    reactor_->driver().close(std::exchange(slot_, nullptr), mode, std::move(left), reactor_->liveNow() + linger_);
  }
  freeOutput();
  wantTurnEnd();
}

void Connection::freeOutput() noexcept {
  borrowed_ = nullptr;
  output_.reset();
  queuedBytes_ = inFlightBytes_ = 0;
}

void Connection::wantTurnEnd() noexcept { reactor_->atTurnEnd(*this); }

void Connection::endTurn() {
  if (!ended() && resumedDue_) deliverResumed();
  if (!ended() && writeLostDue_) {
    writeLostDue_ = false;
    dispatch("writeConnectionLost", [&] { protocol_->writeConnectionLost(); });
    if (receiving_ == ReceiveState::kEndOfStream) end(connectionDone(), CloseMode::kGraceful);
  }
  if (ended()) finish();
  else afterDispatch();
}

}  // namespace teasel
