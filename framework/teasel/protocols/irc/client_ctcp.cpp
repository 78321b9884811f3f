#include <algorithm>
#include <set>

#include <teasel/core/errors.hpp>
#include <teasel/protocols/irc/detail/client_inner.hpp>
#include <teasel/protocols/irc/irc_client.hpp>

namespace teasel::irc {

namespace {

constexpr std::string_view kKnownQueries = "ACTION CLIENTINFO ERRMSG FINGER PING SOURCE TIME USERINFO VERSION";

bool isKnownQuery(std::string_view tag) noexcept {
  const std::size_t at = kKnownQueries.find(tag);
  if (tag.empty() || at == std::string_view::npos) return false;
  const std::size_t end = at + tag.size();
  return (at == 0 || kKnownQueries[at - 1] == ' ') && (end == kKnownQueries.size() || kKnownQueries[end] == ' ');
}

}  // namespace

void IRCClient::ctcpMakeQuery(std::string_view user, const std::vector<CtcpMessage>& messages) {
  sendQuoted("PRIVMSG", {user}, ctcpStringify(messages));
}

void IRCClient::ctcpMakeReply(std::string_view user, const std::vector<CtcpMessage>& messages) {
  sendQuoted("NOTICE", {user}, ctcpStringify(messages));
}

// An automatic reply. What a peer has sent decides what is in it, so none of its faults may throw.
void IRCClient::replyTo(std::string_view user, const std::vector<CtcpMessage>& messages) {
  const std::string_view nick = Prefix(user).nick();
  if (options_.lineRate && inner_->queue.size() >= options_.mostQueuedLines / 2) return;
  MessageBuilder& line = building("NOTICE", {nick}).trailing(lowQuote(ctcpStringify(messages)));
  if (line.ok() && mayReplyToCtcp()) send(line);
}

// The replies that are used up come back one by one, so the time when all are there again says how
// many are left.
bool IRCClient::mayReplyToCtcp() {
  if (!options_.ctcpReplyInterval) return true;
  const Instant now = clock_.now(), next = std::max(ctcpCreditAt_, now) + *options_.ctcpReplyInterval;
  if (next - now > options_.ctcpReplyBurst * *options_.ctcpReplyInterval) return false;
  ctcpCreditAt_ = next;
  return true;
}

void IRCClient::ctcpQuery(std::string_view user, std::string_view channel, const std::vector<CtcpMessage>& messages) {
  std::set<std::string_view> seen;
  for (const CtcpMessage& message : messages) {
    if (!seen.insert(message.tag).second) continue;
    ctcpAnswer(user, channel, message);
    if (transport().disconnecting()) return;
  }
}

void IRCClient::ctcpAnswer(std::string_view user, std::string_view channel, const CtcpMessage& message) {
  const std::string& tag = message.tag;
  const std::string& data = message.data;
  if (!isKnownQuery(tag)) return ctcpUnknownQuery(user, channel, message);
  if (tag == "ACTION") return action(user, channel, data);
  if (tag == "PING") return replyTo(user, {{.tag = "PING", .data = data}});
  if (tag == "ERRMSG") return replyTo(user, {{.tag = "ERRMSG", .data = data + " :No error has occurred."}});
  if (tag == "CLIENTINFO") {
    if (data.empty()) return replyTo(user, {{.tag = "CLIENTINFO", .data = std::string(kKnownQueries)}});
    const std::string asked = data.substr(0, data.find(' '));
    if (isKnownQuery(asked)) return replyTo(user, {{.tag = "CLIENTINFO", .data = {}}});
    return replyTo(user, {{.tag = "ERRMSG", .data = "CLIENTINFO " + data + " :Unknown query '" + asked + "'"}});
  }
  if (!data.empty()) quirkyMessage("a CTCP " + tag + " query has data: " + escaped(data));
  if (tag == "FINGER" && options_.fingerReply) return replyTo(user, {{.tag = "FINGER", .data = options_.fingerReply()}});
  if (tag == "TIME" && options_.timeReply) return replyTo(user, {{.tag = "TIME", .data = ":" + options_.timeReply()}});
  if (tag == "USERINFO" && !options_.userinfo.empty()) return replyTo(user, {{.tag = "USERINFO", .data = options_.userinfo}});
  if (tag == "SOURCE" && !options_.sourceURL.empty())
    return replyTo(user, {{.tag = "SOURCE", .data = options_.sourceURL}, {.tag = "SOURCE", .data = {}}});
  if (tag == "VERSION" && !options_.versionName.empty()) {
    const std::string version = options_.versionName + ":" + options_.versionNum + ":" + options_.versionEnv;
    return replyTo(user, {{.tag = "VERSION", .data = version}});
  }
}

void IRCClient::ctcpUnknownQuery(std::string_view, std::string_view, const CtcpMessage&) {}

void IRCClient::ctcpReply(std::string_view user, std::string_view channel, const std::vector<CtcpMessage>& messages) {
  for (const CtcpMessage& message : messages) {
    if (message.tag != "PING") {
      ctcpUnknownReply(user, channel, message);
    } else {
      const std::string nick = keyOf(Prefix(user).nick());
      const auto ping = std::find_if(inner_->pings.begin(), inner_->pings.end(),
                                     [&](const Inner::Ping& each) { return each.user == nick && each.text == message.data; });
      if (ping == inner_->pings.end()) {
        quirkyMessage("a PING reply that answers no ping, from " + escaped(user));
      } else {
        const Duration took = clock_.now() - ping->sent;
        inner_->pings.erase(ping);
        pong(user, took);
      }
    }
    if (transport().disconnecting()) return;
  }
}

void IRCClient::ctcpUnknownReply(std::string_view, std::string_view, const CtcpMessage&) {}

void IRCClient::ping(std::string_view user, std::string_view text) {
  const std::string key = text.empty() ? "teasel-" + std::to_string(++pingsMade_) : std::string(text);
  ctcpMakeQuery(user, {{.tag = "PING", .data = key}});
  inner_->pings.push_back({.user = keyOf(user), .text = key, .sent = clock_.now()});
  if (inner_->pings.size() > kMostPings) inner_->pings.pop_front();
}

}  // namespace teasel::irc
