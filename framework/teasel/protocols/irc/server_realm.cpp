#include <teasel/protocols/irc/server_realm.hpp>

namespace teasel::irc {

void InMemoryWordsRealm::addUser(std::string nick, std::string password) {
  std::string key = nick;
  known_.insert_or_assign(std::move(key), Known{std::move(nick), std::move(password)});
}

Deferred<Avatar> InMemoryWordsRealm::login(const Credentials& credentials) {
  const auto known = known_.find(credentials.nick);
  const std::string& wanted = known == known_.end() ? password_ : known->second.password;
  const bool needed = known != known_.end() || !password_.empty();
  if (needed && credentials.password != wanted) return fail<Avatar>(UnauthorizedLogin("Password incorrect"));
  return succeed(Avatar{.account = known == known_.end() ? std::string() : known->second.nick});
}

bool InMemoryWordsRealm::mayUseNick(std::string_view nick, const Avatar& who) {
  const auto known = known_.find(nick);
  return known == known_.end() || sameName(known->second.nick, who.account, CaseMapping::kRfc1459);
}

std::optional<GroupSettings> InMemoryWordsRealm::getGroup(std::string_view, std::string_view, const Avatar&) { return settings_; }

}  // namespace teasel::irc
