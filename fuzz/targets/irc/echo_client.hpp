#pragma once

#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/protocols/irc/irc_client.hpp>

namespace teasel::targets {

/// A client of IRC that reports all that it hears, and sends back as much of it as there are
/// commands: what arrives decides the arguments of every command. It asks questions about what it
/// hears, and reports their answers. Its lines leave at once, until the server says SLOW by numeric
/// 005, and again from FAST on.
class EchoClient : public irc::IRCClient {
 public:
  EchoClient(Clock& clock, props::EventLog& log);

  void signedOn() override;
  void privmsg(std::string_view user, std::string_view channel, std::string_view message) override;
  void noticed(std::string_view user, std::string_view channel, std::string_view message) override;
  void action(std::string_view user, std::string_view channel, std::string_view data) override;
  void joined(std::string_view channel) override;
  void left(std::string_view channel) override;
  void kickedFrom(std::string_view channel, std::string_view kicker, std::string_view message) override;
  void nickChanged(std::string_view nick) override;
  void pong(std::string_view user, Duration took) override;
  void modeChanged(std::string_view user, std::string_view channel, bool set, std::string_view modes,
                   std::span<const std::string_view> args) override;
  void userJoined(std::string_view user, std::string_view channel) override;
  void userLeft(std::string_view user, std::string_view channel) override;
  void userQuit(std::string_view user, std::string_view message) override;
  void userKicked(std::string_view kickee, std::string_view channel, std::string_view kicker, std::string_view message) override;
  void userRenamed(std::string_view oldname, std::string_view newname) override;
  void topicUpdated(std::string_view user, std::string_view channel, std::string_view newTopic) override;
  void isupport(std::span<const std::string_view> options) override;
  void receivedMOTD(const std::vector<std::string>& motd) override;
  void serverError(std::string_view text) override;
  void badMessage(std::string_view line, irc::Fault fault, std::size_t at) override;
  void lineTooLong(std::string_view begin) override;
  void irc_unknown(std::string_view name, const irc::Message& message) override;
  /// Also checks that each message is read again from the line that it makes.
  void messageReceived(const irc::Message& message) override;

 private:
  /// Runs a command. What cannot be sent is reported, as an application would.
  template <class F>
  void attempt(F command);
  void ask(std::string_view about);

  props::EventLog& log_;
};

/// Whether `sent` consists of whole lines that are messages, of at most 512 bytes each, the last
/// one perhaps incomplete: no argument has brought a CR, LF or NUL of its own.
bool isIrc(std::string_view sent);

}  // namespace teasel::targets
