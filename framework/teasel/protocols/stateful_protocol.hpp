#pragma once

#include <concepts>
#include <cstddef>

#include <teasel/protocols/framing.hpp>

namespace teasel {

/// A parser that consists of states. A state says how many bytes it wants and which function
/// handles them, and this handler returns the next state. The model is
/// twisted.protocols.stateful.StatefulProtocol. What holds for every framing protocol is written at
/// Framing.
///
///     class Records : public StatefulProtocol {
///       State getInitialState() override { return {&Records::size, 1}; }
///       State size(ByteView bytes) {
///         return {&Records::body, static_cast<unsigned char>(bytes[0])};
///       }
///       State body(ByteView bytes) { ...; return {&Records::size, 1}; }
///     };
///
/// A state may want no bytes. Its handler runs right behind the state before it and gets an empty
/// view, so a record of length 0 needs no special case. More than kMaxEmptyStates such states in a
/// row end the connection with LimitExceeded, and so does a state that wants more than maxLength
/// bytes. A handler that throws keeps its state, and its bytes are gone.
class StatefulProtocol : public Framing {
 public:
  /// How many bytes a state may want until setMaxLength is called.
  static constexpr std::size_t kMaxLength = std::size_t{1} << 20;
  /// How many states in a row may want no bytes.
  static constexpr std::size_t kMaxEmptyStates = 1000;

  /// What a handler returns: what comes next.
  class State {
   public:
    /// The same handler and the same number of bytes again (Twisted: None).
    State() = default;
    /// `handler` gets the next `bytes` bytes. They are borrowed for the call.
    template <std::derived_from<StatefulProtocol> P>
    State(State (P::*handler)(ByteView bytes), std::size_t bytes) : handler_(static_cast<Handler>(handler)), bytes_(bytes) {}
    /// There is no further state. The connection ends by loseConnection, and all further input is
    /// dropped.
    static State end() noexcept {
      State state;
      state.end_ = true;
      return state;
    }

   private:
    friend class StatefulProtocol;
    using Handler = State (StatefulProtocol::*)(ByteView);
    Handler handler_ = nullptr;
    std::size_t bytes_ = 0;
    bool end_ = false;
  };

  explicit StatefulProtocol(std::size_t maxLength = kMaxLength);
  ~StatefulProtocol() override;

  /// The first state. Called once, when the first byte arrives. If it returns State(), which means
  /// "the same again", dataReceived throws UsageError.
  virtual State getInitialState() = 0;

  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Sets how many bytes a state may want, from the next state on.
  void setMaxLength(std::size_t bytes) noexcept { maxLength_ = bytes; }

 protected:
  bool deliverInput() override;
  std::size_t bytesNeeded() const noexcept override;

 private:
  friend class Framing;
  FrameEnd find(ByteView before, ByteView in) final;
  void deliver(ByteView frame, const FrameEnd& end) final;
  State initialState();
  State& state() noexcept { return states_[now_]; }
  const State& state() const noexcept { return states_[now_]; }
  State& other() noexcept { return states_[1 - now_]; }
  void enterOther();
  void refuse(const Failure& why);

  // The current state, and the place where its handler puts the next one. The places swap roles.
  // Copying a state that was just written word by word would stall the processor.
  State states_[2];
  unsigned now_ = 0;
  bool begun_ = false;
  std::size_t maxLength_;
  std::size_t emptyInARow_ = 0;
};

}  // namespace teasel
