#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/protocols/irc/irc_client.hpp>

/// What the tests of the IRC client share. Only tests include it; it is not installed.
namespace teasel::irc::test {

/// A client that writes down all that it hears.
class NoticingClient : public IRCClient {
 public:
  using IRCClient::IRCClient;

  /// What was heard, as text: "joined(#tea) privmsg(bob!b@h, #tea, hello)".
  std::string takeHeard() { return std::exchange(heard_, {}); }

  void created(std::string_view when) override { note("created", {when}); }
  void yourHost(std::string_view info) override { note("yourHost", {info}); }
  void myInfo(std::string_view server, std::string_view version, std::string_view umodes, std::string_view cmodes) override {
    note("myInfo", {server, version, umodes, cmodes});
  }
  void luserClient(std::string_view info) override { note("luserClient", {info}); }
  void bounce(std::string_view info) override { note("bounce", {info}); }
  void isupport(std::span<const std::string_view> options) override { note("isupport", options); }
  void luserChannels(std::uint64_t channels) override { note("luserChannels", {std::to_string(channels)}); }
  void luserOp(std::uint64_t ops) override { note("luserOp", {std::to_string(ops)}); }
  void luserMe(std::string_view info) override { note("luserMe", {info}); }
  void receivedMOTD(const std::vector<std::string>& motd) override {
    note("receivedMOTD", std::vector<std::string_view>(motd.begin(), motd.end()));
  }
  void serverError(std::string_view text) override { note("serverError", {text}); }
  void signedOn() override { note("signedOn", {}); }
  void privmsg(std::string_view user, std::string_view channel, std::string_view message) override {
    note("privmsg", {user, channel, message});
  }
  void noticed(std::string_view user, std::string_view channel, std::string_view message) override {
    note("noticed", {user, channel, message});
  }
  void joined(std::string_view channel) override { note("joined", {channel}); }
  void left(std::string_view channel) override { note("left", {channel}); }
  void kickedFrom(std::string_view channel, std::string_view kicker, std::string_view message) override {
    note("kickedFrom", {channel, kicker, message});
  }
  void nickChanged(std::string_view nick) override { note("nickChanged", {nick}); }
  void pong(std::string_view user, Duration took) override { note("pong", {user, durationText(took)}); }
  void modeChanged(std::string_view user, std::string_view channel, bool set, std::string_view modes,
                   std::span<const std::string_view> args) override {
    std::vector<std::string_view> all{user, channel, set ? "+" : "-", modes};
    all.insert(all.end(), args.begin(), args.end());
    note("modeChanged", all);
  }
  void userJoined(std::string_view user, std::string_view channel) override { note("userJoined", {user, channel}); }
  void userLeft(std::string_view user, std::string_view channel) override { note("userLeft", {user, channel}); }
  void userQuit(std::string_view user, std::string_view message) override { note("userQuit", {user, message}); }
  void userKicked(std::string_view kickee, std::string_view channel, std::string_view kicker, std::string_view message) override {
    note("userKicked", {kickee, channel, kicker, message});
  }
  void userRenamed(std::string_view oldname, std::string_view newname) override { note("userRenamed", {oldname, newname}); }
  void action(std::string_view user, std::string_view channel, std::string_view data) override {
    note("action", {user, channel, data});
  }
  void topicUpdated(std::string_view user, std::string_view channel, std::string_view newTopic) override {
    note("topicUpdated", {user, channel, newTopic});
  }
  void ctcpUnknownQuery(std::string_view user, std::string_view channel, const CtcpMessage& message) override {
    note("ctcpUnknownQuery", {user, channel, message.tag, message.data});
  }
  void ctcpUnknownReply(std::string_view user, std::string_view channel, const CtcpMessage& message) override {
    note("ctcpUnknownReply", {user, channel, message.tag, message.data});
  }
  void quirkyMessage(std::string_view text) override { note("quirkyMessage", {text}); }
  void irc_unknown(std::string_view name, const Message& message) override { note("unknown", {name, message.params.back()}); }
  void badMessage(std::string_view line, Fault fault, std::size_t) override { note("badMessage", {line, irc::describe(fault)}); }
  void lineTooLong(std::string_view) override { note("lineTooLong", {}); }

 private:
  void note(std::string_view what, std::span<const std::string_view> words) {
    heard_ += (heard_.empty() ? "" : " ") + std::string(what) + "(";
    for (const auto& word : words) heard_ += (&word == &words.front() ? "" : ", ") + std::string(word);
    heard_ += ")";
  }
  void note(std::string_view what, std::initializer_list<std::string_view> words) {
    note(what, std::span(words.begin(), words.size()));
  }
  std::string heard_;
};

/// A NoticingClient on a wire. It has a clock of its own, because the wire's reactor does not exist
/// yet when the client is made.
struct Wired {
  explicit Wired(IRCClientOptions options = silent())
      : client(std::make_shared<NoticingClient>(clock, std::move(options))), wire(client) {}

  /// Options of a client that does nothing by itself.
  static IRCClientOptions silent() {
    IRCClientOptions options;
    options.performLogin = false;
    return options;
  }
  /// What the client hears of these lines; each gets its CR LF.
  std::string heardAfter(std::string_view line) {
    wire.feed(std::string(line) + "\r\n");
    return client->takeHeard();
  }
  /// What the client has sent since the last call, with "|" for each CR LF.
  std::string takeSent() {
    wire.settle();
    std::string text = wire.value(), shown;
    wire.clear();
    for (const char byte : text)
      if (byte != '\r') shown += byte == '\n' ? '|' : byte;
    return shown;
  }
  std::string sentAfter(std::string_view line) {
    wire.feed(std::string(line) + "\r\n");
    return takeSent();
  }
  /// Makes time pass for the client and for its connection.
  void advance(Duration by) {
    clock.advance(by);
    wire.advance(by);
  }
  /// The client as it is when the server has accepted it as "me".
  void signOn() {
    wire.feed(":srv 001 me :Welcome\r\n");
    wire.clear();
    client->takeHeard();
  }

  fakes::FakeClock clock;
  std::shared_ptr<NoticingClient> client;
  fakes::StringTransport wire;
};

}  // namespace teasel::irc::test
