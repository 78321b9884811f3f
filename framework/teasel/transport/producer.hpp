#pragma once

namespace teasel {

/// Something that makes bytes for a Transport in pieces and lets itself be paced by it; see
/// Transport::registerProducer. Twisted: IPushProducer and IPullProducer. A Transport is a push
/// producer itself: what its protocol receives can be paced by the transport that it is forwarded
/// to.
///
/// The transport that it is registered with makes every call, never inside another call to it (turn
/// rule 2) and never while a callback of that connection is running. An exception out of a call
/// aborts that connection only.
class Producer {
 public:
  virtual ~Producer() = default;
  /// Enough for now: what was written waits above the high-water mark. Write nothing more until
  /// resumeProducing; what is written nevertheless counts against the write limit. A push producer
  /// gets it once for each resumeProducing; a pull producer never.
  virtual void pauseProducing() = 0;
  /// A push producer: go on. A pull producer: write one piece, then return; the next call comes
  /// when it has been sent. One that has nothing to write now is not asked again before something
  /// has been written and sent.
  virtual void resumeProducing() = 0;
  /// Nobody will take what it makes any more: the last call.
  virtual void stopProducing() = 0;
};

}  // namespace teasel
