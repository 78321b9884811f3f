#pragma once

#include <concepts>
#include <cstddef>

#include <teasel/protocols/framing.hpp>

namespace teasel {

/// A parser in states: each says how many bytes it wants and who gets them, and the handler returns
/// the next state. The model is twisted.protocols.stateful.StatefulProtocol. What holds for every
/// protocol that cuts a stream into frames stands at Framing.
///
///     class Records : public StatefulProtocol {
///       State getInitialState() override { return {&Records::size, 1}; }
///       State size(ByteView bytes) { return {&Records::body, static_cast<unsigned char>(bytes[0])}; }
///       State body(ByteView bytes) { ...; return {&Records::size, 1}; }
///     };
///
/// A state of no bytes runs right behind the one before it, with an empty view: a record of length
/// 0 needs no special case. More than kMaxEmptyStates of them in a row end the connection with
/// LimitExceeded, as does a state that wants more than maxLength bytes. A handler that throws has
/// kept its state.
class StatefulProtocol : public Framing {
 public:
  /// The most that a state may want until setMaxLength.
  static constexpr std::size_t kMaxLength = std::size_t{1} << 20;
  static constexpr std::size_t kMaxEmptyStates = 1000;

  class State {
   public:
    /// As before: the same handler, the same number of bytes (Twisted: None).
    State() = default;
    /// `handler` gets the next `bytes` bytes, borrowed for the call.
    template <std::derived_from<StatefulProtocol> P>
    State(State (P::*handler)(ByteView bytes), std::size_t bytes) : handler_(static_cast<Handler>(handler)), bytes_(bytes) {}
    /// There is no further state: the connection ends by loseConnection, and input from here on is
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

  /// Where to begin. Called once, when the first byte arrives. Throws UsageError out of
  /// dataReceived when it is no state.
  virtual State getInitialState() = 0;

  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Effective from the next state on.
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

  // The state and the place where its handler puts the next one: copying one that was just made
  // word by word would stall.
  State states_[2];
  unsigned now_ = 0;
  bool begun_ = false;
  std::size_t maxLength_;
  std::size_t emptyInARow_ = 0;
};

}  // namespace teasel
