#pragma once

#include <cstddef>
#include <string>

#include <teasel/core/failure.hpp>
#include <teasel/transport/transport.hpp>

namespace teasel::test {

/// A transport that only takes notes of what its protocol asks. It calls nobody.
///
/// A test uses it instead of fakes::StringTransport for two reasons. Its test may be a careless
/// caller: it may catch an exception and go on, or feed a protocol that is paused, which a real
/// Connection never does. And it is cheap, so a test can afford all ways to cut a stream.
class NoteTransport : public Transport {
 public:
  void write(ByteView data) override { written += data.text(); }
  void loseConnection() override { closing = true; }
  void failConnection(const Failure& why) override { failed = why, closing = true; }
  void abortConnection(Site = Site::here(), const Failure& = {}) override { closing = true; }
  void loseWriteConnection() override {}
  void pauseProducing() override { held = true; }
  void resumeProducing() override { held = false; }
  const Address& getHost() const noexcept override { return none_; }
  const Address& getPeer() const noexcept override { return none_; }
  bool connected() const noexcept override { return !closing; }
  bool disconnecting() const noexcept override { return closing; }
  bool paused() const noexcept override { return held; }
  const Counters& counters() const noexcept override { return counters_; }
  std::size_t pendingBytes() const noexcept override { return 0; }
  void setWriteLimit(std::size_t) override {}

  std::string written;                 ///< all bytes that were written
  Failure failed;                      ///< what failConnection was given
  bool closing = false, held = false;  ///< closing: one of the ends was called; held: paused

 private:
  Address none_;
  Counters counters_;
};

}  // namespace teasel::test
