#pragma once

#include <deque>
#include <string>

#include <teasel/protocols/irc/answers.hpp>
#include <teasel/protocols/irc/detail/line_queue.hpp>
#include <teasel/protocols/irc/detail/questions.hpp>
#include <teasel/protocols/irc/irc_client.hpp>

namespace teasel::irc {

/// What an IRCClient has and its header does not show.
struct IRCClient::Inner {
  struct Ping {
    std::string user;  // the nick, folded
    std::string text;
    Instant sent;
  };
  Inner(Clock& clock, detail::LineQueue::Write write) : queue(clock, std::move(write)) {}

  detail::LineQueue queue;
  std::deque<Ping> pings;
  detail::Questions<WhoisReply> whois;
  detail::Questions<NamesReply> names;
  detail::Questions<WhoReply> who;
  detail::Questions<ListReply> list;
  detail::Questions<std::string> topics;
};

}  // namespace teasel::irc
