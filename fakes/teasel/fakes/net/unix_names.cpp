#include <teasel/fakes/net/unix_names.hpp>

#include <algorithm>

#include <teasel/core/check.hpp>

namespace teasel::fakes {

void UnixNames::restart() noexcept {
  names_.clear();
  locks_.clear();
}

const UnixNames::Name* UnixNames::find(std::uint8_t host, const Address& at) const noexcept {
  const auto found =
      std::find_if(names_.begin(), names_.end(), [&](const Name& each) { return each.host == host && each.at == at; });
  return found == names_.end() ? nullptr : &*found;
}

UnixNames::State UnixNames::stateOf(std::uint8_t host, const Address& at) const noexcept {
  const Name* name = find(host, at);
  if (name == nullptr) return State::kNothing;
  if (!name->socket) return State::kNoSocket;
  return name->owner != nullptr ? State::kListening : State::kLeftover;
}

StreamListener* UnixNames::listenerAt(std::uint8_t host, const Address& at) const noexcept {
  const Name* name = find(host, at);
  return name == nullptr ? nullptr : name->owner;
}

bool UnixNames::locked(std::uint8_t host, const Address& at) const noexcept {
  return std::any_of(locks_.begin(), locks_.end(),
                     [&](const Lock& each) { return each.host == host && each.at == at && each.holder != nullptr; });
}

void UnixNames::take(std::uint8_t host, const Address& at, StreamListener& listener) {
  TEASEL_CHECK(!has(host, at) || stateOf(host, at) == State::kLeftover);
  removeFile(host, at);
  names_.push_back({at, &listener, host, true});
}

void UnixNames::lock(std::uint8_t host, const Address& at, StreamListener& listener) {
  TEASEL_CHECK(!locked(host, at));
  std::erase_if(locks_, [&](const Lock& each) { return each.host == host && each.at == at; });
  locks_.push_back({at, &listener, host});
}

void UnixNames::release(const StreamListener& listener) noexcept {
  if (!names_.empty()) std::erase_if(names_, [&](const Name& each) { return each.owner == &listener; });
  if (!locks_.empty()) std::erase_if(locks_, [&](const Lock& each) { return each.holder == &listener; });
}

void UnixNames::abandon(const StreamListener& listener) noexcept {
  std::erase_if(names_, [&](const Name& each) { return each.owner == &listener && each.at.abstract(); });
  for (Name& each : names_)
    if (each.owner == &listener) each.owner = nullptr;
  for (Lock& each : locks_)
    if (each.holder == &listener) each.holder = nullptr;
}

void UnixNames::placeFile(std::uint8_t host, const Address& at) {
  removeFile(host, at);
  names_.push_back({at, nullptr, host, false});
}

bool UnixNames::removeFile(std::uint8_t host, const Address& at) noexcept {
  return std::erase_if(names_, [&](const Name& each) { return each.host == host && each.at == at; }) > 0;
}

}  // namespace teasel::fakes
