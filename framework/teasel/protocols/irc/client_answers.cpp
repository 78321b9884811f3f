#include <charconv>

#include <teasel/core/errors.hpp>
#include <teasel/protocols/irc/detail/client_inner.hpp>
#include <teasel/protocols/irc/irc_client.hpp>

// The questions, and the numerics that answer them. A numeric that answers nothing changes nothing.

namespace teasel::irc {

namespace {

template <class Number>
Number numberOr(std::string_view text, Number otherwise) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

/// Adds an entry to the answer that is being collected, if somebody waits for it. An answer that is
/// too long fails.
template <class T, class Entry>
void collect(detail::Questions<T>& questions, const std::string& key, std::size_t most, Entry entry) {
  T* const answer = questions.collecting(key);
  if (answer == nullptr) return;
  if (answer->size() < most) answer->push_back(std::move(entry));
  else questions.failed(key, Failure(LimitExceeded("entries of an answer", most, most + 1)), true);
}

/// Calls `use` for each word of a text.
template <class F>
void forEachWord(std::string_view text, F use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

template <class T, class Queue>
Deferred<T> IRCClient::ask(Queue& queue, std::string_view key, std::string_view command,
                           std::initializer_list<std::string_view> words, Site site) {
  try {
    building(command, words).check();
    requireRoom(1);
  } catch (const std::exception&) {
    return fail<T>(Failure::current(site), site);
  }
  if (!transport().connected()) return fail<T>(ConnectionLost("there is no connection to ask on"), site);
  Deferred<T> answer = queue.ask(keyOf(key), clock_, options_.answerTimeout, site);
  if (!answer.called()) send(building(command, words));
  return answer;
}

Deferred<WhoisReply> IRCClient::whois(std::string_view nickname, std::string_view server, Site site) {
  if (server.empty()) return ask<WhoisReply>(inner_->whois, nickname, "WHOIS", {nickname}, site);
  return ask<WhoisReply>(inner_->whois, nickname, "WHOIS", {server, nickname}, site);
}

Deferred<NamesReply> IRCClient::names(std::string_view channel, Site site) {
  const std::string name = channelName(channel);
  return ask<NamesReply>(inner_->names, name, "NAMES", {name}, site);
}

// The answers to who and list do not say what they are about, so their order alone counts.
Deferred<WhoReply> IRCClient::who(std::string_view mask, Site site) {
  return ask<WhoReply>(inner_->who, {}, "WHO", {mask}, site);
}

Deferred<ListReply> IRCClient::list(std::string_view channels, Site site) {
  if (channels.empty()) return ask<ListReply>(inner_->list, {}, "LIST", {}, site);
  return ask<ListReply>(inner_->list, {}, "LIST", {channels}, site);
}

Deferred<std::string> IRCClient::topic(std::string_view channel, Site site) {
  const std::string name = channelName(channel);
  return ask<std::string>(inner_->topics, name, "TOPIC", {name}, site);
}

void IRCClient::takeAnswer(int numeric, const Message& message) {
  const Params& params = message.params;
  const std::string key = keyOf(params[1]);
  const std::size_t most = options_.mostAnswerEntries;
  switch (numeric) {
    case RPL_TOPIC:
    case RPL_NOTOPIC:
      if (std::string* const topic = inner_->topics.collecting(key)) {
        if (numeric == RPL_TOPIC) *topic = params[2];
        inner_->topics.end(key);
      }
      return;
    case RPL_NAMREPLY:
      if (params.size() < 3) return;
      forEachWord(params.back(), [&](std::string_view word) {
        const std::size_t signs = std::min(word.find_first_not_of(supported_.rankSigns), word.size());
        collect(inner_->names, keyOf(params[params.size() - 2]), most,
                Member{.nick = std::string(word.substr(signs)), .signs = std::string(word.substr(0, signs))});
      });
      return;
    case RPL_ENDOFNAMES: return inner_->names.end(key);
    case RPL_WHOREPLY: {
      const std::string_view last = params[7];
      const std::size_t space = std::min(last.find(' '), last.size());
      return collect(inner_->who, {}, most,
                     WhoEntry{.channel = std::string(params[1]),
                              .user = std::string(params[2]),
                              .host = std::string(params[3]),
                              .server = std::string(params[4]),
                              .nick = std::string(params[5]),
                              .flags = std::string(params[6]),
                              .hops = numberOr<std::uint64_t>(last.substr(0, space), 0),
                              .realname = std::string(last.substr(std::min(space + 1, last.size())))});
    }
    case RPL_ENDOFWHO: return inner_->who.end({});
    case RPL_LIST:
      return collect(inner_->list, {}, most,
                     ListEntry{.channel = std::string(params[1]),
                               .users = numberOr<std::uint64_t>(params[2], 0),
                               .topic = std::string(params[3])});
    case RPL_LISTEND: return inner_->list.end({});
    case RPL_ENDOFWHOIS: return inner_->whois.end(key);
    default: return isError(numeric) || numeric == RPL_TRYAGAIN ? takeError(numeric, message) : takeWhois(numeric, message);
  }
}

void IRCClient::takeWhois(int numeric, const Message& message) {
  if (inner_->whois.empty()) return;
  const Params& params = message.params;
  const auto reply = [&]() -> WhoisReply* { return inner_->whois.collecting(keyOf(params[1])); };
  switch (numeric) {
    case RPL_WHOISUSER:
      if (WhoisReply* const to = reply()) {
        to->nick = params[1];
        to->user = params[2];
        to->host = params[3];
        to->realname = params.back();
      }
      return;
    case RPL_WHOISSERVER:
      if (WhoisReply* const to = reply()) {
        to->server = params[2];
        to->serverInfo = params[3];
      }
      return;
    case RPL_WHOISOPERATOR:
      if (WhoisReply* const to = reply()) to->isOperator = true;
      return;
    case RPL_WHOISACCOUNT:
      if (WhoisReply* const to = reply()) to->account = params[2];
      return;
    case RPL_AWAY:
      if (WhoisReply* const to = reply()) to->away = params[2];
      return;
    case RPL_WHOISIDLE:
      if (WhoisReply* const to = reply()) {
        // The number comes from outside: so many seconds must fit into a Duration.
        constexpr auto kMostSeconds = std::chrono::duration_cast<std::chrono::seconds>(Duration::max()).count();
        const std::int64_t idle = numberOr<std::int64_t>(params[2], -1), signedOn = numberOr<std::int64_t>(params[3], -1);
        if (idle >= 0 && idle <= kMostSeconds) to->idle = std::chrono::seconds(idle);
        if (signedOn >= 0) to->signedOn = signedOn;
      }
      return;
    case RPL_WHOISCHANNELS:
      if (WhoisReply* const to = reply()) {
        forEachWord(params.back(), [&](std::string_view word) {
          if (to->channels.size() < options_.mostAnswerEntries) to->channels.emplace_back(word);
        });
      }
      return;
    default: return;
  }
}

void IRCClient::takeError(int numeric, const Message& message) {
  const std::string_view subject = message.params[1];
  const std::string key = keyOf(subject);
  const Failure why(ReplyError(numeric, message.params.size() > 2 ? subject : std::string_view(), message.params.back()));
  switch (numeric) {
    case ERR_NOSUCHNICK:
    case ERR_WASNOSUCHNICK: inner_->whois.failed(key, why, true); return;
    case ERR_NOSUCHSERVER:
      // It names the server, or the nick where a server was asked by the name of a user.
      if (!inner_->whois.failed(key, why, false) && !inner_->whois.failedFirst(why)) inner_->list.failedFirst(why);
      return;
    case ERR_NOSUCHCHANNEL:
    case ERR_NOTONCHANNEL:
    case ERR_BADCHANMASK:
    case ERR_BADCHANNAME:
      if (!inner_->topics.failed(key, why, false)) inner_->names.failed(key, why, true);
      return;
    case ERR_NOTREGISTERED:
      inner_->whois.failAll(why);
      inner_->names.failAll(why);
      inner_->who.failAll(why);
      inner_->list.failAll(why);
      inner_->topics.failAll(why);
      return;
    case ERR_UNKNOWNCOMMAND:
    case ERR_NEEDMOREPARAMS:
    case ERR_TOOMANYMATCHES:
    case RPL_TRYAGAIN:
      if (subject == "WHOIS") inner_->whois.failedFirst(why);
      else if (subject == "NAMES") inner_->names.failedFirst(why);
      else if (subject == "WHO") inner_->who.failedFirst(why);
      else if (subject == "LIST") inner_->list.failedFirst(why);
      else if (subject == "TOPIC") inner_->topics.failedFirst(why);
      return;
    default: return;
  }
}

}  // namespace teasel::irc
