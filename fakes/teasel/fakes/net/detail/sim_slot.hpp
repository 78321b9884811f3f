#pragma once

#include <vector>

#include <teasel/fakes/net/sim_driver.hpp>

namespace teasel::fakes {

/// What a SimDriver knows of one stream or one listening port. Private to the driver.
class SimSlot final : public Slot, public StreamEnd, public StreamListener {
 public:
  enum class State : std::uint8_t { kFree, kListening, kConnecting, kOpen, kLingering };
  explicit SimSlot(SimDriver& owner) noexcept : driver(owner) {}

  const Address& host() const noexcept override { return host_; }
  const Address& peer() const noexcept override { return peer_; }
  // StreamEnd, StreamListener
  void arrived() override;
  void roomAgain() override;
  void established() override;
  void refused(bool routed) override;
  void unanswered() override;
  void deadline() override;
  void offer(Stream& offered) override;

  Pipe& in() const noexcept { return stream->side[1 - side].out; }
  Stream::Side& me() const noexcept { return stream->side[side]; }
  void setAddresses(const Address& host, const Address& peer) noexcept { host_ = host, peer_ = peer; }
  /// Continues to linger: sends what is left, reads and discards, and releases the slot when both
  /// directions have ended. lingerStep does this once; lingerOn repeats it as long as something
  /// changes.
  void lingerOn();
  void lingerStep();

  SimDriver& driver;
  Stream* stream = nullptr;
  int side = 0;
  StreamSink* sink = nullptr;
  Acceptor* acceptor = nullptr;
  SimSlot* next = nullptr;  // in the ready list or the batch
  std::uint32_t generation = 0;
  State state = State::kFree;
  std::uint8_t priority = 0;  // in the ready list
  bool queued = false;        // in the ready list or the batch
  bool reading = true;
  bool connected = false;     // onConnected is due
  bool endTold = false;       // onEof was called
  bool dead = false;          // onError was called
  bool writeFailed = false;   // onWriteError was called
  bool writeRefused = false;  // the write was made when the other side of a UNIX stream was gone
  bool orderDrawn = false;    // whether a reset overtakes bytes
  bool overtaken = false;     // a reset has overtaken the bytes that had arrived
  bool lingerBusy = false, lingerAgain = false;
  Failure error;  // onError is due

  // An unfinished write: the segments of the caller (after close our own, in inFlight), and the
  // place in them.
  const Segment* segments = nullptr;
  std::size_t segmentOffset = 0;
  std::size_t left = 0;       // bytes not yet in the stream
  std::size_t owed = 0;       // bytes that onWritten is to report
  std::uint8_t reportIn = 0;  // turns until the report
  std::vector<Segment> inFlight;
  Instant lingerUntil{};

  // Listening
  std::vector<Stream*> waiting;
  std::size_t backlog = 0;

 private:
  Address host_, peer_;
};

}  // namespace teasel::fakes
