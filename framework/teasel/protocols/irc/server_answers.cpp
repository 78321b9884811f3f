#include <algorithm>
#include <utility>

#include <teasel/protocols/irc/detail/server_state.hpp>
#include <teasel/protocols/irc/server.hpp>
#include <teasel/transport/producer.hpp>

/// Answers of many lines, which leave in portions.
namespace teasel::irc {

using detail::asWord;
using detail::Mask;
using detail::splitList;

namespace {

/// So much work of an answer, in bytes compared and sent, costs as much as one command.
constexpr std::size_t kWorkOfACommand = std::size_t{64} << 10;
/// What looking for a user in one channel counts, in the same bytes.
constexpr std::size_t kWorkOfALook = 64;

}  // namespace

/// Asks a user for the next portion of its answers whenever the last one has left.
class IRCUser::AnswerProducer : public Producer {
 public:
  explicit AnswerProducer(IRCUser* user) : user_(user) {}
  void pauseProducing() override {}
  void resumeProducing() override {
    if (user_ == nullptr) return;
    const std::shared_ptr<detail::ServerState> state = user_->state_;
    user_->goOn();
    state->reap();
  }
  void stopProducing() override {
    if (user_ != nullptr) user_->answers_.clear();
    user_ = nullptr;
  }
  /// The user has no answer to send any more, or is destroyed.
  void letGo() { user_ = nullptr; }

 private:
  IRCUser* user_;
};

void IRCUser::answer(std::function<bool()> step) {
  answers_.push_back(std::move(step));
  if (producer_ == nullptr) goOn();
}

// A client whose answer waits for room is not read from, so it has one answer at a time; only a
// JOIN or NAMES of several channels makes several, and ServerLimits::targets bounds them.
void IRCUser::goOn() {
  const ServerLimits& limits = state_->options.limits;
  const std::size_t most = limits.answerQueue != 0 ? limits.answerQueue : limits.sendQueue / 2;
  // A portion has one step at least.
  bool first = true;
  while (!answers_.empty() && registered() && !doomed_) {
    const std::size_t before = transport().pendingBytes();
    if (!std::exchange(first, false) && before > most) break;
    std::function<bool()> step = std::move(answers_.front());
    const bool more = step();
    work_ += std::max(transport().pendingBytes(), before) - before;
    if (answers_.empty()) break;
    if (more) answers_.front() = std::move(step);
    else answers_.erase(answers_.begin());
  }
  if (!registered() || doomed_ || answers_.empty()) endAnswers();
  else if (producer_ == nullptr) {
    producer_ = std::make_shared<AnswerProducer>(this);
    hold(kHeldByAnswer);
    takenBefore_ = transport().counters().bytesSent;
    transport().registerProducer(producer_, false);
  }
}

void IRCUser::endAnswers() {
  answers_.clear();
  if (producer_ != nullptr) {
    std::exchange(producer_, nullptr)->letGo();
    transport().unregisterProducer();
    release(kHeldByAnswer);
  }
  const auto commands = static_cast<unsigned>(work_ / kWorkOfACommand);
  work_ = 0;
  if (commands > 0 && registered() && !doomed_) charge(commands);
}

void IRCUser::stopAnswers() {
  answers_.clear();
  work_ = 0;
  if (producer_ == nullptr) return;
  std::exchange(producer_, nullptr)->letGo();
  transport().unregisterProducer();
}

// NAMES ------------------------------------------------------------------------------------------

/// The names of the members behind the one with id `after`, as many as one line holds.
std::string IRCUser::someNames(const Channel& channel, std::uint64_t& after) const {
  std::string names;
  // What stands before the names: ":server 353 nick = #channel :", and CR LF behind.
  const std::size_t room = kMaxMessage - (state_->options.name.size() + nick_.size() + channel.name.size() + 13);
  const bool member = isIn(channel);
  for (auto at = channel.members.upper_bound(after); at != channel.members.end(); ++at) {
    const auto& [id, other] = *at;
    if (member || !other.user->invisible_ || other.user == this) {
      std::string name(multiPrefix_ ? other.signs() : other.sign());
      name += userhostInNames_ ? other.user->hostmask() : other.user->nick();
      if (!names.empty() && names.size() + 1 + name.size() > room) return names;
      if (!names.empty()) names += ' ';
      names += name;
    }
    after = id;
  }
  return names;
}

void IRCUser::sendNames(const Channel& channel) {
  answer([this, name = channel.name, after = std::uint64_t{0}]() mutable {
    const Channel* now = state_->findChannel(name);
    const std::string names = now != nullptr && sees(*now) ? someNames(*now, after) : std::string();
    if (names.empty()) {
      reply(RPL_ENDOFNAMES, {name}, "End of NAMES list");
      return false;
    }
    const std::string_view kind = now->has('s') ? "@" : "=";
    relay(fromServer().command(RPL_NAMREPLY).param(nick_).param(kind).param(now->name).trailing(names).line());
    return true;
  });
}

// Without a channel there is nothing to say: all names of a large server would be too much.
void IRCUser::irc_NAMES(const Message& message) {
  if (message.params.empty()) return reply(RPL_ENDOFNAMES, {"*"}, "End of NAMES list");
  std::vector<std::string_view> names = splitList(message.params[0]);
  for (const std::string_view name : targets(message, names)) {
    if (!registered()) return;
    const Channel* channel = state_->findChannel(name);
    if (channel != nullptr && sees(*channel)) sendNames(*channel);
    else reply(RPL_ENDOFNAMES, {asWord(name)}, "End of NAMES list");
  }
}

// LIST -------------------------------------------------------------------------------------------

void IRCUser::listChannel(const Channel& channel) {
  if (sees(channel)) reply(RPL_LIST, {channel.name, std::to_string(channel.members.size())}, channel.topic);
}

void IRCUser::irc_LIST(const Message& message) {
  reply(RPL_LISTSTART, {"Channel"}, "Users  Name");
  if (message.params.empty() || message.params[0].empty()) {
    return answer([this, last = std::string()]() mutable {
      const auto at = last.empty() ? state_->channels.begin() : state_->channels.upper_bound(last);
      if (at == state_->channels.end()) {
        reply(RPL_LISTEND, {}, "End of LIST");
        return false;
      }
      last = at->first;
      listChannel(at->second);
      return true;
    });
  }
  std::vector<std::string_view> names = splitList(message.params[0]);
  for (const std::string_view name : targets(message, names))
    if (const Channel* channel = state_->findChannel(name)) listChannel(*channel);
  reply(RPL_LISTEND, {}, "End of LIST");
}

// Bans -------------------------------------------------------------------------------------------

void IRCUser::sendBans(const Channel& channel) {
  answer([this, name = channel.name, next = std::size_t{0}]() mutable {
    const Channel* now = state_->findChannel(name);
    if (now == nullptr || !sees(*now) || next >= now->bans.size()) {
      reply(RPL_ENDOFBANLIST, {name}, "End of channel ban list");
      return false;
    }
    const detail::Ban& ban = now->bans[next++];
    MessageBuilder& line = fromServer().command(RPL_BANLIST).param(nick_).param(now->name).param(ban.mask);
    if (state_->options.unixTime) line.param(ban.by).param(std::to_string(ban.at));
    relay(line.line());
    return true;
  });
}

// WHO --------------------------------------------------------------------------------------------

void IRCUser::whoRow(std::string_view channel, const IRCUser& other, std::string_view signs) {
  const std::string flags = (other.away_ ? "G" : "H") + std::string(signs);
  reply(RPL_WHOREPLY, {channel, other.user_, other.host_, state_->options.name, other.nick_, flags}, "0 " + other.realName_);
}

void IRCUser::irc_WHO(const Message& message) {
  const std::string_view mask = message.params[0];
  const std::string shown(asWord(mask));
  const auto end = [this, shown] {
    reply(RPL_ENDOFWHO, {shown}, "End of WHO list");
    return false;
  };
  // There are no server operators, so a question for them alone has no answer.
  const bool none = message.params[1] == "o" || mask.size() > state_->options.limits.maskLength;
  if (none) return static_cast<void>(end());
  if (mask.starts_with('#')) {
    return answer([this, end, name = std::string(mask), after = std::uint64_t{0}]() mutable {
      const Channel* channel = state_->findChannel(name);
      if (channel == nullptr || !sees(*channel)) return end();
      const auto at = channel->members.upper_bound(after);
      if (at == channel->members.end()) return end();
      after = at->first;
      const detail::Member& member = at->second;
      if (seesUser(*member.user)) whoRow(channel->name, *member.user, multiPrefix_ ? member.signs() : member.sign());
      return true;
    });
  }
  const bool all = mask.empty() || mask == "0";
  answer([this, end, all, wanted = Mask(mask), last = std::string()]() mutable {
    const auto at = last.empty() ? state_->nicks.begin() : state_->nicks.upper_bound(last);
    if (at == state_->nicks.end()) return end();
    last = at->first;
    const IRCUser& other = *at->second;
    if (!other.registered()) return true;
    const std::uint64_t before = wanted.steps();
    const bool found = all || wanted.matches(other.nick_) || wanted.matches(other.user_) || wanted.matches(other.host_) ||
                       wanted.matches(other.realName_);
    work_ += wanted.steps() - before;
    if (found && other.invisible_) work_ += channels_.size() * kWorkOfALook;
    if (found && seesUser(other)) whoRow("*", other, "");
    return true;
  });
}

}  // namespace teasel::irc
