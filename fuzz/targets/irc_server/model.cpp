#include "irc_server/model.hpp"

#include <algorithm>
#include <utility>

#include <teasel/protocols/irc/utf8.hpp>

namespace teasel::targets {

using irc::Message;

namespace model_texts {

std::string folded(std::string_view name) { return irc::foldCase(name, irc::CaseMapping::kRfc1459); }

// One row of the table of all pairs of beginnings at a time.
bool matches(std::string_view mask, std::string_view text) {
  const std::string wanted = folded(mask), given = folded(text);
  std::vector<bool> row(given.size() + 1);
  row[0] = true;
  for (const char sign : wanted) {
    std::vector<bool> next(row.size());
    if (sign == '*') next[0] = row[0];
    for (std::size_t at = 1; at < row.size(); ++at)
      next[at] = sign == '*' ? next[at - 1] || row[at] : row[at - 1] && (sign == '?' || sign == given[at - 1]);
    row = std::move(next);
  }
  return row.back();
}

std::vector<std::string_view> split(std::string_view list, char at) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end <= list.size(); ++end) {
    if (end < list.size() && list[end] != at) continue;
    if (end > begin) parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string wholeMask(std::string_view mask) {
  std::string nick = "*", user = "*", host = "*";
  const std::size_t bang = mask.find('!');
  const std::size_t at = mask.find('@', bang == std::string_view::npos ? 0 : bang);
  const auto put = [](std::string& part, std::string_view text) {
    if (!text.empty()) part = text;
  };
  if (at != std::string_view::npos) put(host, mask.substr(at + 1));
  mask = mask.substr(0, at);
  if (bang != std::string_view::npos) put(nick, mask.substr(0, bang)), put(user, mask.substr(bang + 1));
  else put(at != std::string_view::npos ? user : nick, mask);
  return nick + '!' + user + '@' + host;
}

std::string_view whole(std::string_view text, std::size_t bytes) {
  return text.size() <= bytes ? text : text.substr(0, irc::wholeCharacters(text, bytes));
}

std::string word(std::string_view text) {
  while (!text.empty() && (text[0] == ':' || text[0] == ' ')) text.remove_prefix(1);
  const std::string_view shown = whole(text.substr(0, text.find(' ')), 64);
  return shown.empty() ? "*" : std::string(shown);
}

}  // namespace model_texts

using model_texts::folded;
using model_texts::split;
using model_texts::whole;
using model_texts::word;

namespace {

/// Whether a command is allowed before registration.
enum class When : std::uint8_t { kEarly, kLate };
struct Known {
  std::string_view name;
  std::size_t params;
  When when;
};
constexpr Known kKnown[] = {
    {"AWAY", 0, When::kLate},   {"CAP", 1, When::kEarly},  {"INVITE", 2, When::kLate},   {"ISON", 1, When::kLate},
    {"JOIN", 1, When::kLate},   {"KICK", 2, When::kLate},  {"LIST", 0, When::kLate},     {"LUSERS", 0, When::kLate},
    {"MODE", 1, When::kLate},   {"MOTD", 0, When::kLate},  {"NAMES", 0, When::kLate},    {"NICK", 0, When::kEarly},
    {"NOTICE", 0, When::kLate}, {"OPER", 2, When::kLate},  {"PART", 1, When::kLate},     {"PASS", 1, When::kEarly},
    {"PING", 0, When::kEarly},  {"PONG", 0, When::kEarly}, {"PRIVMSG", 0, When::kLate},  {"QUIT", 0, When::kEarly},
    {"TOPIC", 1, When::kLate},  {"USER", 4, When::kEarly}, {"USERHOST", 1, When::kLate}, {"VERSION", 0, When::kLate},
    {"WHO", 0, When::kLate},    {"WHOIS", 0, When::kLate},
};

bool isNick(std::string_view nick, std::size_t longest) {
  constexpr std::string_view kFirst = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz[]\\`_^{|}";
  return !nick.empty() && nick.size() <= longest && kFirst.find(nick[0]) != std::string_view::npos &&
         std::ranges::all_of(nick, [&](char byte) {
           return kFirst.find(byte) != std::string_view::npos || byte == '-' || (byte >= '0' && byte <= '9');
         });
}

}  // namespace

// What clients must see --------------------------------------------------------------------------

void IrcModel::owe(Id id, std::string line, bool isWhole) {
  const auto user = users_.find(id);
  if (user == users_.end()) return;
  owed_[id].lines.push_back({std::make_shared<const std::string>(std::move(line)), isWhole});
  ++lines_;
}

void IrcModel::oweAll(const std::set<Id>& ids, const std::string& line) {
  const auto shared = std::make_shared<const std::string>(line);
  for (const Id id : ids) owed_[id].lines.push_back({shared, true});
  lines_ += ids.size();
}

void IrcModel::number(const User& user, const char* numeric, const std::string& words) {
  const std::string nick = user.nick.empty() ? "*" : user.nick;
  owe(user.id, ":" + options_.name + ' ' + numeric + ' ' + nick + (words.empty() ? "" : " " + words), false);
}

void IrcModel::number(const User& user, const char* numeric, const std::string& words, std::string_view text) {
  const std::string nick = user.nick.empty() ? "*" : user.nick;
  owe(user.id, cut(":" + options_.name + ' ' + numeric + ' ' + nick + (words.empty() ? "" : " " + words), text));
}

/// A line that is cut at its end if it is too long.
std::string IrcModel::cut(const std::string& head, std::string_view text) const {
  return head + " :" + std::string(whole(text, irc::kMaxMessage - 4 - head.size()));
}

std::string IrcModel::received(Id id, std::string_view line) {
  if (line == "PING :" + options_.name) return "";
  Client& client = owed_[id];
  const bool leaves = line.starts_with("ERROR ") || line.find(" QUIT :") != std::string_view::npos;
  if (frozen_ && client.lines.empty() && leaves) return "";
  if (line.starts_with("ERROR ")) {
    if (!client.lines.empty()) return "an ERROR before \"" + *client.lines.front().text + '"';
    if (client.last != line) return "\"" + std::string(line) + "\" instead of \"" + client.last.value_or("nothing") + '"';
    return "";
  }
  if (client.lines.empty()) return "nothing was owed but \"" + std::string(line) + "\" came";
  const Owed& due = client.lines.front();
  const std::string& text = *due.text;
  const std::string_view rest = line.substr(std::min(text.size(), line.size()));
  const bool right = due.whole ? line == text : line.starts_with(text) && (rest.empty() || rest.front() == ' ');
  if (!right) return "\"" + std::string(line) + "\" instead of \"" + text + '"';
  client.lines.pop_front();
  return "";
}

std::size_t IrcModel::owed(Id id) const {
  const auto at = owed_.find(id);
  return at == owed_.end() ? 0 : at->second.lines.size();
}

std::string IrcModel::next(Id id) const { return owed(id) == 0 ? "" : *owed_.at(id).lines.front().text; }

std::size_t IrcModel::users() const {
  return static_cast<std::size_t>(std::ranges::count_if(users_, [](const auto& entry) { return entry.second.registered; }));
}

std::vector<std::string> IrcModel::members(std::string_view channel) const {
  std::vector<std::string> nicks;
  const auto at = channels_.find(folded(channel));
  if (at == channels_.end()) return nicks;
  nicks.reserve(at->second.members.size());
  for (const auto& [id, rank] : at->second.members) nicks.push_back((rank.op ? "@" : rank.voice ? "+" : "") + users_.at(id).nick);
  return nicks;
}

std::vector<std::string> IrcModel::channelNames() const {
  std::vector<std::string> names;
  names.reserve(channels_.size());
  for (const auto& [name, channel] : channels_) names.push_back(name);
  return names;
}

// Finding ----------------------------------------------------------------------------------------

IrcModel::User* IrcModel::byNick(std::string_view nick) {
  for (auto& [id, user] : users_)
    if (user.registered && folded(user.nick) == folded(nick)) return &user;
  return nullptr;
}

IrcModel::Channel* IrcModel::byName(std::string_view name) {
  const auto at = channels_.find(folded(name));
  return at == channels_.end() ? nullptr : &at->second;
}

std::set<IrcModel::Id> IrcModel::neighbours(const User& user, bool self) const {
  std::set<Id> found;
  for (const auto& [name, channel] : channels_)
    if (channel.members.contains(user.id))
      for (const auto& [id, rank] : channel.members) found.insert(id);
  found.erase(user.id);
  if (self) found.insert(user.id);
  return found;
}

bool IrcModel::sees(const User& user, const Channel& channel) const {
  return !channel.flags.contains('s') || channel.members.contains(user.id);
}

bool IrcModel::sees(const User& user, const User& other) const {
  return !other.invisible || user.id == other.id || neighbours(user, false).contains(other.id);
}

void IrcModel::takeOut(Id id, Channel& channel) {
  channel.members.erase(id);
  if (channel.members.empty()) end(folded(channel.name));
}

// A channel is over with its last member (RFC 2811, section 2.2), and so is what belonged to it.
// A later channel of that name is another one.
void IrcModel::end(std::string name) {
  for (auto& [id, user] : users_)
    std::erase_if(user.invitations, [&](const std::string& invitation) { return folded(invitation) == name; });
  channels_.erase(name);
}

std::vector<std::string_view> IrcModel::distinct(std::vector<std::string_view> names) {
  std::set<std::string> seen;
  std::erase_if(names, [&](std::string_view name) { return !seen.insert(folded(name)).second; });
  return names;
}

std::vector<std::string_view> IrcModel::some(const User& user, const Message& message, std::string_view list) {
  std::vector<std::string_view> all = distinct(split(list, ','));
  if (all.size() <= options_.limits.targets) return all;
  number(user, "407", word(message.command));
  all.resize(options_.limits.targets);
  return all;
}

std::string IrcModel::sign(const User& viewer, const Rank& rank) {
  if (rank.op && rank.voice && viewer.multiPrefix) return "@+";
  return rank.op ? "@" : rank.voice ? "+" : "";
}

// What happens -----------------------------------------------------------------------------------

void IrcModel::connected(Id id, std::string host) {
  User user;
  user.id = id;
  user.host = std::move(host);
  users_[id] = std::move(user);
  owed_[id] = {};
}

void IrcModel::badLine(Id id, bool tooLong) {
  if (const auto at = users_.find(id); at != users_.end() && tooLong) number(at->second, "417", "");
}

void IrcModel::left(Id id, std::string_view reason) {
  const auto at = users_.find(id);
  if (frozen_ || at == users_.end()) return;
  const User user = at->second;
  const std::set<Id> others = user.registered ? neighbours(user, false) : std::set<Id>();
  for (const std::string& name : channelNames()) takeOut(id, channels_.at(name));
  users_.erase(at);
  owed_[id].last = "ERROR :Closing Link: " + user.host + " (" + std::string(reason) + ")";
  oweAll(others, cut(":" + user.mask() + " QUIT", reason));
}

void IrcModel::command(Id id, const Message& message) {
  const auto at = users_.find(id);
  if (at == users_.end()) return;
  User& user = at->second;
  const auto* known = std::ranges::find_if(kKnown, [&](const Known& entry) { return message.is(entry.name); });
  const bool exists = known != std::end(kKnown);
  if (!user.registered && (!exists || known->when != When::kEarly)) return number(user, "451", "");
  if (!exists) return number(user, "421", word(message.command));
  if (message.params.size() < known->params) return number(user, "461", std::string(known->name));
  if (known->when == When::kEarly) return unregistered(user, message);
  if (!channelCommand(user, message)) userCommand(user, message);
}

// Commands that are allowed before registration --------------------------------------------------

void IrcModel::unregistered(User& user, const Message& message) {
  const std::string_view first = message.params[0];
  if (message.is("NICK")) return nick(user, message);
  if (message.is("CAP")) return cap(user, message);
  if (message.is("PASS") && user.registered) return number(user, "462", "");
  if (message.is("PING")) {
    if (first.empty()) return number(user, "409", "");
    return owe(user.id, cut(":" + options_.name + " PONG " + options_.name, first));
  }
  if (!message.is("USER")) return;
  if (user.registered || !user.user.empty()) return number(user, "462", "");
  for (const char byte : first)
    if (static_cast<unsigned char>(byte) > ' ' && byte != 127 && std::string_view("@!:").find(byte) == std::string_view::npos)
      user.user += byte;
  user.user = whole(user.user, options_.limits.userLength);
  if (user.user.empty()) user.user = "user";
  user.realName = whole(message.params[3], options_.limits.textLength);
  tryToRegister(user);
}

void IrcModel::nick(User& user, const Message& message) {
  const std::string_view wanted = message.params[0];
  if (wanted.empty()) return number(user, "431", "");
  if (!isNick(wanted, options_.limits.nickLength)) return number(user, "432", word(wanted));
  for (const auto& [id, other] : users_)
    if (id != user.id && folded(other.nick) == folded(wanted)) return number(user, "433", word(wanted));
  if (user.registered && wanted != user.nick) oweAll(neighbours(user, true), ":" + user.mask() + " NICK :" + std::string(wanted));
  user.nick = wanted;
  tryToRegister(user);
}

void IrcModel::cap(User& user, const Message& message) {
  std::string what(message.params[0]);
  for (char& byte : what)
    if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 32);
  const std::string_view list = message.params[1];
  const std::string head = ":" + options_.name + " CAP " + (user.nick.empty() ? "*" : user.nick) + ' ';
  if (what == "END") {
    user.negotiating = false;
    return tryToRegister(user);
  }
  if ((what == "LS" || what == "REQ") && !user.registered) user.negotiating = true;
  if (what == "LS") return owe(user.id, head + "LS :multi-prefix userhost-in-names");
  if (what == "LIST") {
    const char* both = user.multiPrefix && user.userhostInNames ? " " : "";
    return owe(user.id, head + "LIST :" + (user.multiPrefix ? "multi-prefix" : "") + both +
                            (user.userhostInNames ? "userhost-in-names" : ""));
  }
  if (what != "REQ") return number(user, "410", word(what));
  bool multi = user.multiPrefix, hosts = user.userhostInNames;
  for (std::string_view name : split(list, ' ')) {
    const bool on = name[0] != '-';
    if (!on) name.remove_prefix(1);
    if (name == "multi-prefix") multi = on;
    else if (name == "userhost-in-names") hosts = on;
    else return owe(user.id, cut(head + "NAK", list));
  }
  user.multiPrefix = multi, user.userhostInNames = hosts;
  owe(user.id, cut(head + "ACK", list));
}

void IrcModel::tryToRegister(User& user) {
  if (user.registered || user.negotiating || user.nick.empty() || user.user.empty()) return;
  user.registered = true;
  mostAtOnce_ = std::max(mostAtOnce_, users());
  for (const char* numeric : {"001", "002", "003", "004", "005", "005"}) number(user, numeric, "");
  lusers(user);
  number(user, "422", "");
}

void IrcModel::lusers(const User& user) {
  const std::string here = std::to_string(users()), most = std::to_string(mostAtOnce_);
  const auto hidden =
      std::ranges::count_if(users_, [](const auto& entry) { return entry.second.registered && entry.second.invisible; });
  const std::string visible = std::to_string(users() - static_cast<std::size_t>(hidden));
  number(user, "251", "", "There are " + visible + " users and " + std::to_string(hidden) + " invisible on 1 server");
  if (const std::size_t unknown = users_.size() - users(); unknown > 0) number(user, "253", std::to_string(unknown));
  number(user, "254", std::to_string(channels_.size()));
  number(user, "255", "", "I have " + here + " clients and 0 servers");
  number(user, "265", here + ' ' + most);
  number(user, "266", here + ' ' + most);
}

}  // namespace teasel::targets
