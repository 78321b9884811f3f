#pragma once

#include <string>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/instant.hpp>
#include <teasel/fakes/play/chunk_plan.hpp>

namespace teasel::fakes {

/// The far end of one connection, as a Script moves it, and the simulation around it. A World with
/// a RemotePeer is one, and so is a StringTransport.
class ScriptEnd {
 public:
  virtual ~ScriptEnd() = default;
  // Each returns false if the connection is over, so that it has no effect.
  virtual bool send(ByteView bytes, const ChunkPlan& cuts) = 0;
  virtual bool endOfStream() = 0;
  virtual bool close() = 0;
  virtual bool reset() = 0;
  /// Takes what has been received since the last call.
  virtual std::string take() = 0;
  virtual bool sawEof() const = 0;
  virtual bool sawReset() const = 0;
  /// Lets everything happen that can at this instant.
  virtual void settle() = 0;
  /// Moves to the next thing that is due. False when nothing is.
  virtual bool advanceToNext() = 0;
  virtual void advance(Duration by) = 0;
  virtual Instant now() = 0;
  /// What went wrong in the simulation meanwhile; "" if nothing.
  virtual std::string trouble() const = 0;
};

/// The ScriptEnd of a StringTransport, and of what has the same methods.
template <class Wire>
class WireScriptEnd final : public ScriptEnd {
 public:
  explicit WireScriptEnd(Wire& wire) noexcept : wire_(wire) {}
  bool send(ByteView bytes, const ChunkPlan& cuts) override {
    if (ended_ || wire_.sawReset()) return false;
    wire_.feed(bytes, cuts);
    return true;
  }
  bool endOfStream() override {
    return !ended_ && end([&] { wire_.endOfStream(); });
  }
  bool close() override {
    return end([&] { wire_.close(); });
  }
  bool reset() override {
    return end([&] { wire_.reset(); });
  }
  std::string take() override {
    std::string bytes = wire_.value();
    wire_.clear();
    return bytes;
  }
  bool sawEof() const override { return wire_.sawEof(); }
  bool sawReset() const override { return wire_.sawReset(); }
  void settle() override { wire_.settle(); }
  bool advanceToNext() override { return wire_.advanceToNext(); }
  void advance(Duration by) override { wire_.advance(by); }
  Instant now() override { return wire_.clock().now(); }
  std::string trouble() const override { return wire_.lost() == nullptr ? "" : "connectionLost got " + wire_.lost()->text(); }

 private:
  template <class F>
  bool end(F&& call) {
    if (wire_.sawReset()) return false;
    ended_ = true;
    call();
    return true;
  }
  Wire& wire_;
  bool ended_ = false;
};

}  // namespace teasel::fakes
