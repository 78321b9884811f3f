#pragma once

namespace teasel {

/// A producer makes bytes for a Transport in pieces, and the transport paces it; see
/// Transport::registerProducer. The models are Twisted's IPushProducer and IPullProducer. A
/// Transport is itself a push producer: a protocol that forwards what it receives registers its own
/// transport with the one that it forwards to.
///
/// The transport that the producer is registered with makes every call. It makes none inside
/// another call to that transport (turn rule 2) and none while a callback of that connection is
/// running. An exception out of a call aborts that connection only.
class Producer {
 public:
  virtual ~Producer() = default;
  /// Enough for now: more bytes wait than the high-water mark. Write nothing more until
  /// resumeProducing. What is written nevertheless counts against the write limit. A push producer
  /// gets this call once for each resumeProducing; a pull producer never gets it.
  virtual void pauseProducing() = 0;
  /// A push producer goes on. A pull producer writes one piece and returns; the next call comes
  /// when that has been sent. A pull producer that writes nothing is not asked again before
  /// something has been written and sent.
  virtual void resumeProducing() = 0;
  /// Nobody will take any more what it makes. This is the last call.
  virtual void stopProducing() = 0;
};

}  // namespace teasel
