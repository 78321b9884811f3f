#include <teasel/props/round_trip.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/int_n_string_receiver.hpp>
#include <teasel/protocols/line_only_receiver.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/protocols/netstring_receiver.hpp>

namespace teasel::props {

namespace {

using fakes::World;

Codec lines(Codec codec, std::size_t longest) {
  codec.delimiter = "\r\n";
  codec.longest = longest;
  codec.encoded = [](ByteView message) { return message.str() + "\r\n"; };
  return codec;
}

Codec prefixed(Codec codec, std::size_t prefix, std::size_t longest) {
  codec.longest = prefix == 1 ? std::min<std::size_t>(longest, 255) : longest;
  codec.encoded = [prefix](ByteView message) {
    std::string bytes;
    for (std::size_t i = prefix; i-- > 0;) bytes += static_cast<char>(static_cast<unsigned char>(message.size() >> (8 * i)));
    return bytes + message.str();
  };
  return codec;
}

/// The first difference between what was sent and what a log has; "" when there is none.
std::string difference(const EventLog& log, std::span<const std::string> messages) {
  for (std::size_t i = 0; i < std::max(log.size(), messages.size()); ++i) {
    if (i < log.size() && i < messages.size() && log.kind(i) == "message" && log.bytes(i).text() == messages[i]) continue;
    return "message " + std::to_string(i) + " of " + std::to_string(messages.size()) + ": " +
           (i < messages.size() ? "\"" + escaped(messages[i]) + "\"" : "nothing") + " was sent, " +
           (i < log.size() ? log.text(i) : "nothing") + " received";
  }
  return {};
}

/// One end: what was built there.
struct End {
  const char* name;
  std::shared_ptr<Protocol> protocol;
  EventLog log;

  bool connected() const { return protocol != nullptr && protocol->transport().connected(); }
};

template <class Base>
class Builder final : public Base {
 public:
  Builder(const Codec& codec, End& end) : codec_(codec), end_(end) { this->noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return end_.protocol = codec_.make(end_.log); }

 private:
  const Codec& codec_;
  End& end_;
};

/// Two hosts, one connected to the other, and what they come to.
class Exchange {
 public:
  Exchange(World& world, const Codec& codec, std::span<const std::string> messages)
      : world_(world), codec_(codec), messages_(messages), watch_(world) {}

  /// Sends everything both ways, waits for it, closes, waits for the end of everything.
  void run() {
    if (!connect()) return;  // a fault that was drawn: there is nobody to talk to
    until([&] { return client_.connected() && server_.connected(); });
    if (client_.connected() && server_.connected()) send();
    until([&] { return (arrived(client_) && arrived(server_)) || !client_.connected() || !server_.connected(); });
    if (client_.protocol != nullptr) client_.protocol->transport().loseConnection();
    until([] { return false; });
    const World::Active active(world_);
    // A client that gave up behind a broken link told nobody. A server learns it when it sends.
    if (server_.connected()) server_.protocol->transport().loseConnection();
    port_->stopListening();
    until([] { return false; });
    watch_.finish();
    if (world_.verdict() == nullptr) judge();
    client_.protocol.reset();
    server_.protocol.reset();
  }

 private:
  template <class P>
  void until(P&& done) {
    world_.runUntil([&] { return world_.verdict() != nullptr || done(); });
  }

  bool connect() {
    const World::Active active(world_);
    Reactor &server = world_.host("server").reactor(), &client = world_.host("client").reactor();
    try {
      port_ = server.listenTCP(1, watch_.over(std::make_shared<Builder<Factory>>(codec_, server_)));
    } catch (const CannotListenError&) {
      return false;
    }
    client.connectTCP(world_.host("server").address().host(), 1,
                      watch_.overClient(std::make_shared<Builder<ClientFactory>>(codec_, client_)));
    return true;
  }

  void send() {
    const World::Active active(world_);
    for (const std::string& message : messages_) {
      codec_.send(*client_.protocol, message);
      codec_.send(*server_.protocol, message);
    }
  }
  bool arrived(const End& end) const { return end.log.size() >= messages_.size(); }

  void judge() {
    bool broken = watch_.lives() < 2;
    for (std::size_t i = 0; i < watch_.lives(); ++i) {
      const Failure& reason = watch_.life(i).reason;
      if (reason.kind() == typeid(ConnectionLost)) broken = true;
      else if (reason.check<ConnectionDone>() == nullptr)
        return world_.fail("round-trip", codec_.name + " ends with " + reason.text());
    }
    for (const End* end : {&server_, &client_}) {
      const std::size_t most = broken ? std::min(messages_.size(), end->log.size()) : messages_.size();
      const std::string wrong = difference(end->log, messages_.first(most));
      if (!wrong.empty()) return world_.fail("round-trip", codec_.name + ", to the " + end->name + ", " + wrong);
    }
  }

  World& world_;
  const Codec& codec_;
  std::span<const std::string> messages_;
  Watch watch_;
  End server_{"server", {}, {}}, client_{"client", {}, {}};
  std::shared_ptr<Port> port_;
};

}  // namespace

bool separable(ByteView message, std::string_view delimiter) {
  if (delimiter.empty()) return true;
  const std::string line = message.str().append(delimiter);
  return line.find(delimiter) == message.size();
}

bool Codec::allows(ByteView message) const { return message.size() <= longest && separable(message, delimiter); }

std::vector<Codec> shippedCodecs(std::size_t longest) {
  Codec netstrings = codecOf<NetstringReceiver>("NetstringReceiver", longest);
  netstrings.longest = longest;
  netstrings.encoded = [](ByteView message) { return std::to_string(message.size()) + ':' + message.str() + ','; };
  return {
      lines(codecOf<LineReceiver>("LineReceiver", std::string("\r\n"), longest), longest),
      lines(codecOf<LineOnlyReceiver>("LineOnlyReceiver", std::string("\r\n"), longest), longest),
      netstrings,
      prefixed(codecOf<Int8StringReceiver>("Int8StringReceiver", longest), 1, longest),
      prefixed(codecOf<Int16StringReceiver>("Int16StringReceiver", longest), 2, longest),
      prefixed(codecOf<Int32StringReceiver>("Int32StringReceiver", longest), 4, longest),
  };
}

std::string roundTripFailure(const Codec& codec, std::span<const std::string> messages, const fakes::ChunkPlan& plan,
                             fakes::SimDriver::Mode mode) {
  EventLog unasked, log;
  std::string expected;
  fakes::StringTransport sender(codec.make(unasked), mode);
  for (const std::string& message : messages) {
    codec.send(sender.protocol(), message);
    if (codec.encoded) expected += codec.encoded(message);
  }
  sender.settle();
  const std::string wire = sender.value();
  if (codec.encoded && wire != expected)
    return codec.name + " sends \"" + escaped(wire) + "\", its format is \"" + escaped(expected) + '"';
  fakes::StringTransport receiver(codec.make(log), mode);
  receiver.feed(wire, plan);
  receiver.endOfStream();
  const std::string wrong = difference(log, messages);
  if (!wrong.empty()) return codec.name + ", cut by " + plan.text() + ", " + wrong;
  if (!receiver.connected() && receiver.lost()->check<ConnectionDone>() == nullptr)
    return codec.name + ", cut by " + plan.text() + ", ends with " + receiver.lost()->text();
  return {};
}

bool roundTrip(World& world, const Codec& codec, std::span<const std::string> messages) {
  Exchange(world, codec, messages).run();
  return world.verdict() == nullptr;
}

std::vector<std::string> messagesOf(const fakes::Play& play, const Codec& codec) {
  std::vector<std::string> messages;
  for (const fakes::PlayEvent& event : play.events()) {
    if (event.kind == fakes::PlayEventKind::kSend && codec.allows(play.bytes(event))) messages.push_back(play.bytes(event).str());
  }
  return messages;
}

}  // namespace teasel::props
