#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/instant.hpp>

namespace teasel::irc {

/// What an IRCClient hears of. Override what you want to know; the defaults do nothing. The names
/// are those of twisted.words.protocols.irc.IRCClient.
///
/// All texts are borrowed for the call. `user` is the whole prefix, "bob!b@host", where Twisted
/// gives it; Prefix(user).nick() takes it apart. Texts may hold any bytes, and after low-level
/// quoting also CR, LF and NUL: escape them before you print them.
class IRCClientEvents {
 public:
  virtual ~IRCClientEvents() = default;

  // About the server ------------------------------------------------------------------------------
  /// 003: when the server was created.
  virtual void created(std::string_view when) { static_cast<void>(when); }
  /// 002: what software the server runs.
  virtual void yourHost(std::string_view info) { static_cast<void>(info); }
  /// 004. Parts that are missing are empty.
  virtual void myInfo(std::string_view servername, std::string_view version, std::string_view umodes, std::string_view cmodes) {
    static_cast<void>(servername), static_cast<void>(version), static_cast<void>(umodes), static_cast<void>(cmodes);
  }
  /// 251: how many clients there are.
  virtual void luserClient(std::string_view info) { static_cast<void>(info); }
  /// 010: where to connect instead.
  virtual void bounce(std::string_view info) { static_cast<void>(info); }
  /// 005: "NAME=VALUE" words. supported() knows them already.
  virtual void isupport(std::span<const std::string_view> options) { static_cast<void>(options); }
  /// 254: how many channels there are.
  virtual void luserChannels(std::uint64_t channels) { static_cast<void>(channels); }
  /// 252: how many operators there are.
  virtual void luserOp(std::uint64_t ops) { static_cast<void>(ops); }
  /// 255: what this server has.
  virtual void luserMe(std::string_view info) { static_cast<void>(info); }
  /// The message of the day is complete. The "- " in front of its lines is taken off. At most
  /// IRCClient::kMostMotdLines lines; further ones are left out.
  virtual void receivedMOTD(const std::vector<std::string>& motd) { static_cast<void>(motd); }
  /// The server says why it closes the connection (ERROR).
  virtual void serverError(std::string_view text) { static_cast<void>(text); }

  // About me --------------------------------------------------------------------------------------
  /// The server has accepted me.
  virtual void signedOn() {}
  /// A message to me or to a channel that I am in. `channel` is my nick in the first case.
  virtual void privmsg(std::string_view user, std::string_view channel, std::string_view message) {
    static_cast<void>(user), static_cast<void>(channel), static_cast<void>(message);
  }
  /// The same as a notice. Never answer it automatically: two programs could answer each other
  /// without end.
  virtual void noticed(std::string_view user, std::string_view channel, std::string_view message) {
    static_cast<void>(user), static_cast<void>(channel), static_cast<void>(message);
  }
  /// I have joined a channel.
  virtual void joined(std::string_view channel) { static_cast<void>(channel); }
  /// I have left a channel.
  virtual void left(std::string_view channel) { static_cast<void>(channel); }
  /// Somebody has kicked me out of a channel. `kicker` is a nick.
  virtual void kickedFrom(std::string_view channel, std::string_view kicker, std::string_view message) {
    static_cast<void>(channel), static_cast<void>(kicker), static_cast<void>(message);
  }
  /// My nick has changed.
  virtual void nickChanged(std::string_view nick) { static_cast<void>(nick); }
  /// The answer to ping().
  virtual void pong(std::string_view user, Duration took) { static_cast<void>(user), static_cast<void>(took); }

  // About others and channels ---------------------------------------------------------------------
  /// Modes of a channel or a user have changed. Added and removed ones come in two calls. `args`
  /// has one text for each letter of `modes`, empty where the mode has none.
  virtual void modeChanged(std::string_view user, std::string_view channel, bool set, std::string_view modes,
                           std::span<const std::string_view> args) {
    static_cast<void>(user), static_cast<void>(channel), static_cast<void>(set), static_cast<void>(modes),
        static_cast<void>(args);
  }
  /// Here and below `user` is a nick.
  virtual void userJoined(std::string_view user, std::string_view channel) {
    static_cast<void>(user), static_cast<void>(channel);
  }
  virtual void userLeft(std::string_view user, std::string_view channel) { static_cast<void>(user), static_cast<void>(channel); }
  virtual void userQuit(std::string_view user, std::string_view quitMessage) {
    static_cast<void>(user), static_cast<void>(quitMessage);
  }
  virtual void userKicked(std::string_view kickee, std::string_view channel, std::string_view kicker, std::string_view message) {
    static_cast<void>(kickee), static_cast<void>(channel), static_cast<void>(kicker), static_cast<void>(message);
  }
  virtual void userRenamed(std::string_view oldname, std::string_view newname) {
    static_cast<void>(oldname), static_cast<void>(newname);
  }
  /// "/me waves". `user` is the whole prefix.
  virtual void action(std::string_view user, std::string_view channel, std::string_view data) {
    static_cast<void>(user), static_cast<void>(channel), static_cast<void>(data);
  }
  /// The topic of a channel, as it was set or as the server reports it. Empty: there is none.
  virtual void topicUpdated(std::string_view user, std::string_view channel, std::string_view newTopic) {
    static_cast<void>(user), static_cast<void>(channel), static_cast<void>(newTopic);
  }

 protected:
  IRCClientEvents() = default;
  IRCClientEvents(const IRCClientEvents&) = default;
  IRCClientEvents& operator=(const IRCClientEvents&) = default;
};

}  // namespace teasel::irc
