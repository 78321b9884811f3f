#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/fakes/net/sim_driver.hpp>
#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

/// Round trips: one end of a framing protocol sends messages, and the other end receives the same
/// messages, no matter how they were cut on the way.
namespace teasel::props {

/// A framing protocol as a codec: how its messages are sent, received and written on the wire.
struct Codec {
  std::string name;  ///< for people
  /// Makes a protocol that reports each message as log.event("message", bytes). The log outlives
  /// the protocol.
  std::function<std::shared_ptr<Protocol>(EventLog& log)> make;
  /// Sends a message through a protocol that `make` made.
  std::function<void(Protocol& protocol, ByteView message)> send;
  /// A message as the definition of the format has it on the wire, made by other code than the
  /// protocol's own. An empty function: the wire is not compared.
  std::function<std::string(ByteView message)> encoded;
  std::size_t longest = 0;  ///< the longest message that it takes, in bytes
  /// What ends a message on the wire, if something does. See separable.
  std::string delimiter = {};

  /// Whether a message can be sent and received as it is.
  bool allows(ByteView message) const;
};

/// Whether a parser meets `delimiter` at the end of the message and not earlier: not inside the
/// message, and not across its end. True for an empty delimiter.
bool separable(ByteView message, std::string_view delimiter);

namespace detail {
template <class P>
concept SendsLines = requires(P& protocol, std::string_view line) { protocol.sendLine(line); };

/// A P that reports each message that it receives.
template <class P>
class Reporting final : public P {
 public:
  template <class... Args>
  explicit Reporting(EventLog& log, const Args&... args) : P(args...), log_(log) {}
  void stringReceived(ByteView string) override { log_.event("message", string); }

 private:
  EventLog& log_;
};
template <SendsLines P>
class Reporting<P> final : public P {
 public:
  template <class... Args>
  explicit Reporting(EventLog& log, const Args&... args) : P(args...), log_(log) {}
  void lineReceived(std::string_view line) override { log_.event("message", line); }

 private:
  EventLog& log_;
};
}  // namespace detail

/// The codec of a P that has sendLine and lineReceived, or sendString and stringReceived. The
/// arguments are copied and handed to every P.
template <std::derived_from<Protocol> P, class... Args>
Codec codecOf(std::string name, Args... args) {
  Codec codec;
  codec.name = std::move(name);
  codec.make = [... args = std::move(args)](EventLog& log) -> std::shared_ptr<Protocol> {
    return std::make_shared<detail::Reporting<P>>(log, args...);
  };
  codec.send = [](Protocol& protocol, ByteView message) {
    if constexpr (detail::SendsLines<P>) dynamic_cast<P&>(protocol).sendLine(message.text());
    else dynamic_cast<P&>(protocol).sendString(message);
  };
  return codec;
}

/// The codecs of every framing protocol that ships: LineReceiver, LineOnlyReceiver,
/// NetstringReceiver, Int8-, Int16- and Int32StringReceiver. `longest` is the longest message of
/// each, in bytes; for Int8StringReceiver it is at most 255.
std::vector<Codec> shippedCodecs(std::size_t longest = 300);

/// Sends `messages` by one protocol on a StringTransport, and feeds the bytes to another one as
/// `plan` cuts them. Returns "" if the messages come out as they went in, else what differs. Every
/// message must be allowed (Codec::allows).
std::string roundTripFailure(const Codec& codec, std::span<const std::string> messages, const fakes::ChunkPlan& plan,
                             fakes::SimDriver::Mode mode = fakes::SimDriver::Mode::kReadiness);

/// Oracle "round-trip": two hosts of `world` are connected and send each other all `messages` at
/// once. Then the client closes. Each host must receive all messages and nothing else. If the
/// network broke the connection, each host must receive a prefix of the messages. What the
/// environment decides comes from world.choices(). The Play is not performed. Returns whether there
/// is no verdict.
bool roundTrip(fakes::World& world, const Codec& codec, std::span<const std::string> messages);

/// What a Play sends, each send as one message, without those that the codec does not allow. So a
/// scenario gets its messages from the engine that runs it, and they shrink with the Play.
///
///     TEASEL_SCENARIO(frames, "frames survive the network") { roundTrip(world, mine(), messagesOf(world.play(), mine())); }
std::vector<std::string> messagesOf(const fakes::Play& play, const Codec& codec);

}  // namespace teasel::props
