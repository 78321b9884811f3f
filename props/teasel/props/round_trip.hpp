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

/// What one end of a framing protocol sends, the other receives: the same messages, however they
/// were cut on the way.
namespace teasel::props {

/// A framing protocol, from both its ends.
struct Codec {
  std::string name;  ///< for people
  /// Makes a protocol that reports each message as log.event("message", bytes). The log outlives
  /// it.
  std::function<std::shared_ptr<Protocol>(EventLog& log)> make;
  /// Sends a message through a protocol that was made so.
  std::function<void(Protocol& protocol, ByteView message)> send;
  /// A message on the wire, as its format is defined: by other code than the protocol's own. Empty:
  /// not compared.
  std::function<std::string(ByteView message)> encoded;
  std::size_t longest = 0;  ///< message that it takes, in bytes
  /// what ends a message on the wire, if something does: see separable
  std::string delimiter = {};

  /// Whether a message can be sent and received as it is.
  bool allows(ByteView message) const;
};

/// Whether `delimiter` behind the message is met there and not earlier: inside the message, or
/// across its end. True for an empty delimiter.
bool separable(ByteView message, std::string_view delimiter);

namespace detail {
template <class P>
concept SendsLines = requires(P& protocol, std::string_view line) { protocol.sendLine(line); };

/// A P that reports what it receives.
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

/// The framing of a P with sendLine and lineReceived, or sendString and stringReceived. Arguments
/// are copied and handed to every P.
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

/// Of every framing protocol that ships: LineReceiver, LineOnlyReceiver, NetstringReceiver, Int8-,
/// Int16- and Int32StringReceiver, each with its longest message (Int8StringReceiver: at most 255
/// bytes).
std::vector<Codec> shippedCodecs(std::size_t longest = 300);

/// "" if `messages` come out as they went in: sent by one protocol, each through a StringTransport,
/// and fed to another as `plan` cuts the bytes. Else what differs. Every message must be allowed.
std::string roundTripFailure(const Codec& codec, std::span<const std::string> messages, const fakes::ChunkPlan& plan,
                             fakes::SimDriver::Mode mode = fakes::SimDriver::Mode::kReadiness);

/// Oracle "round-trip": two hosts of `world`, one connected to the other, send each other all
/// `messages` at once; then the client closes. Both receive all of them - or a beginning, where the
/// network broke the connection - and nothing else. What the environment decides comes from
/// world.choices(); the Play is not performed. Returns whether there is no verdict.
bool roundTrip(fakes::World& world, const Codec& codec, std::span<const std::string> messages);

/// What a Play sends, each send one message, without those that the framing does not allow: so that
/// a scenario gets its messages from whatever engine runs it, and they shrink with its Play.
///
///     TEASEL_SCENARIO(frames, "frames survive the network") { roundTrip(world, mine(), messagesOf(world.play(), mine())); }
std::vector<std::string> messagesOf(const fakes::Play& play, const Codec& codec);

}  // namespace teasel::props
