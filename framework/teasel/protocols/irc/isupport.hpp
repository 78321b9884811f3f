#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/protocols/irc/casemapping.hpp>
#include <teasel/protocols/irc/modes.hpp>

namespace teasel::irc {

/// One entry of a list such as "#&:20": what it is about, and its value.
template <class Value>
struct FeatureEntry {
  std::string name;
  Value value;
  friend bool operator==(const FeatureEntry&, const FeatureEntry&) = default;
};
/// A limit; nothing: there is none.
using Limit = std::optional<std::size_t>;

/// What the server said about itself by numeric 005. The format is that of
/// draft-brocklesby-irc-isupport-03, the model is
/// twisted.words.protocols.irc.ServerSupportedFeatures. A feature that a server does not announce
/// keeps its default. One that it takes back ("-NICKLEN") has no value any more; CHANTYPES,
/// CHANMODES and PREFIX go back to their defaults then, because a client cannot read anything
/// without them. A value that cannot be read leaves the old one.
///
///     features.parse(params);
///     if (features.topicLen) text.resize(std::min(text.size(), *features.topicLen));
struct ServerSupportedFeatures {
  /// CASEMAPPING, which letters are the same in names.
  CaseMapping caseMapping = CaseMapping::kRfc1459;
  /// CHANLIMIT, how many channels of which kind one may be in: {"#&", 20}.
  std::vector<FeatureEntry<Limit>> chanLimit;
  /// CHANMODES and PREFIX as parseModes wants them. Modes without a parameter that were not
  /// announced are taken as flags.
  ModeKinds modeKinds = {
      .lists = "b", .always = "", .onSet = "lk", .flags = "", .ranks = "ovh", .unknown = ModeKinds::Unknown::kFlag};
  /// CHANNELLEN, the longest name of a channel.
  Limit channelLen = 200;
  /// CHANTYPES, the signs with which names of channels begin. Empty: there are no channels.
  std::string chanTypes = "#&";
  /// EXCEPTS, the mode of exceptions from bans; 0: not supported.
  char excepts = 0;
  /// IDCHAN, the length of the ids of safe channels: {"!", "5"}.
  std::vector<FeatureEntry<std::string>> idChan;
  /// INVEX, the mode of exceptions from invite-only; 0: not supported.
  char invex = 0;
  /// KICKLEN, the longest reason of a kick.
  Limit kickLen;
  /// MAXLIST, how many entries lists may have: {"beI", 50}.
  std::vector<FeatureEntry<Limit>> maxList;
  /// MODES, how many changes with a parameter one MODE may have.
  Limit modes = 3;
  /// NETWORK, the name of the network. Empty: not announced.
  std::string network;
  /// NICKLEN, the longest nick.
  Limit nickLen = 9;
  /// PREFIX: the sign before the nick of a member with the rank at the same place of
  /// modeKinds.ranks: "@+%" beside "ovh".
  std::string rankSigns = "@+%";
  /// SAFELIST, whether LIST is safe to ask for on a large server.
  bool safeList = false;
  /// STATUSMSG, the signs of ranks that a message to a channel may be limited to: "@#tea".
  std::string statusMsg;
  /// TARGMAX, how many targets a command takes: {"PRIVMSG", 4}.
  std::vector<FeatureEntry<Limit>> targMax;
  /// TOPICLEN, the longest topic.
  Limit topicLen;

  ServerSupportedFeatures();
  /// Reads the words of one numeric 005, without the nick in front and the sentence behind.
  void parse(std::span<const std::string_view> words);
  /// Whether a feature is announced, or has a default, and was not taken back. Any name may be
  /// asked for.
  bool hasFeature(std::string_view name) const;
  /// The text of a feature without its escapes; empty when it has no value. Nothing when the server
  /// did not announce it. Any name may be asked for. At most kMaxFeatures are kept.
  std::optional<std::string> getFeature(std::string_view name) const;
  static constexpr std::size_t kMaxFeatures = 200;

  /// Whether `name` is the name of a channel here.
  bool isChannel(std::string_view name) const noexcept;
  /// The mode of a rank's sign ('o' for '@'), 0 when there is none.
  char rankOfSign(char sign) const noexcept;

 private:
  bool set(std::string_view key, const std::vector<std::string>& values);
  void remove(std::string_view key);
  std::map<std::string, std::string, std::less<>> texts_;
};

/// Replaces the only escape that values of ISUPPORT have: a backslash, "x" and two hexadecimal
/// digits. Gives nothing when the digits are none.
std::optional<std::string> unescapeFeature(std::string_view value);

}  // namespace teasel::irc
