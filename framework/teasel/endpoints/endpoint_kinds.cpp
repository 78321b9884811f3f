#include <teasel/endpoints/endpoint_kinds.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include <teasel/core/byte_view.hpp>
#include <teasel/endpoints/detail/builtin_kinds.hpp>

namespace teasel {

namespace {

std::string quoted(std::string_view text) { return '"' + escaped(ByteView(text)) + '"'; }

/// Digits only, so no sign and no blanks. Nothing for other text and for numbers beyond `most`.
std::optional<int> digits(std::string_view text, int base, int most) noexcept {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-' || value > most) return std::nullopt;
  return value;
}

template <class Map>
std::vector<std::string> namesOf(const Map& kinds) {
  std::vector<std::string> names;
  names.reserve(kinds.size());
  for (const auto& [name, kind] : kinds) names.push_back(name);
  return names;
}

template <class Map, class Parser>
void add(Map& kinds, std::string name, std::vector<std::string> keys, Parser parser) {
  if (!parser) throw UsageError("a kind of endpoint needs a function");
  if (name.empty() || name.find_first_of(":=\\") != std::string::npos)
    throw UsageError(quoted(name) + " cannot be the name of a kind of endpoint");
  if (kinds.contains(name)) throw UsageError("there is a kind of endpoint " + name + " already");
  kinds[std::move(name)] = {std::move(keys), std::move(parser)};
}

template <class Map>
auto make(const EndpointKinds& all, const Map& kinds, Reactor& reactor, std::string_view text) {
  const EndpointString string = EndpointString::parse(text);
  const auto kind = kinds.find(string.kind);
  if (kind == kinds.end())
    throw EndpointStringError("there is no kind of endpoint " + quoted(string.kind) + " here", text, 0, "", namesOf(kinds));
  auto endpoint = kind->second.parser(reactor, EndpointArguments(all, string, kind->second.keys));
  if (endpoint == nullptr) throw EndpointStringError("the kind of endpoint " + string.kind + " made none", text, 0);
  return endpoint;
}

}  // namespace

// EndpointArguments -------------------------------------------------------------------------------

EndpointArguments::EndpointArguments(const EndpointKinds& kinds, const EndpointString& string,
                                     const std::vector<std::string>& keys)
    : kinds_(kinds), string_(string), keys_(keys), values_(keys.size()) {
  if (keys.size() == 1 && keys[0] == EndpointKinds::kRest) return;
  const auto refuse = [&](std::string problem, std::size_t at) {
    throw EndpointStringError(std::move(problem), string_.text, at, string_.kind, keys_);
  };
  for (const EndpointString::Argument& each : string.arguments) {
    if (!each.hasKey) continue;
    const auto key = std::find(keys.begin(), keys.end(), each.key);
    if (key == keys.end()) refuse(string.kind + " has no key " + quoted(each.key), each.keyAt);
    values_[static_cast<std::size_t>(key - keys.begin())] = {each.value, each.valueAt, true};
  }
  std::size_t next = 0;
  for (const EndpointString::Argument& each : string.arguments) {
    if (each.hasKey) continue;
    while (next < values_.size() && values_[next].given) ++next;
    if (next == values_.size()) refuse("there are more values than keys; write \"\\:\" for a colon inside a value", each.valueAt);
    values_[next] = {each.value, each.valueAt, true};
  }
}

const EndpointArguments::Value* EndpointArguments::find(std::string_view key) const noexcept {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found == keys_.end()) return nullptr;
  const Value& value = values_[static_cast<std::size_t>(found - keys_.begin())];
  return value.given ? &value : nullptr;
}

const EndpointArguments::Value& EndpointArguments::require(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) fail(key, "the key " + std::string(key) + " is missing");
  return *value;
}

std::size_t EndpointArguments::placeOf(std::string_view key) const noexcept {
  const Value* value = find(key);
  return value != nullptr ? value->at : string_.text.size();
}

void EndpointArguments::fail(std::string_view key, std::string problem) const {
  throw EndpointStringError(std::move(problem), string_.text, placeOf(key), string_.kind, keys_);
}

void EndpointArguments::unavailable(std::string_view key, std::string problem) const {
  throw EndpointStringError(std::move(problem), string_.text, has(key) ? placeOf(key) : 0, string_.kind, keys_,
                            EndpointStringError::Kind::kUnavailable);
}

const std::string& EndpointArguments::text(std::string_view key) const { return require(key).text; }

std::string EndpointArguments::text(std::string_view key, std::string_view otherwise) const {
  const Value* value = find(key);
  return value != nullptr ? value->text : std::string(otherwise);
}

int EndpointArguments::number(std::string_view key, int least, int most) const {
  const std::string& text = require(key).text;
  const auto value = digits(text, 10, most);
  if (!value || *value < least)
    fail(key, std::string(key) + ' ' + quoted(text) + " is not a number from " + std::to_string(least) + " to " +
                  std::to_string(most));
  return *value;
}

int EndpointArguments::number(std::string_view key, int least, int most, int otherwise) const {
  return has(key) ? number(key, least, most) : otherwise;
}

Duration EndpointArguments::seconds(std::string_view key, int otherwise) const {
  constexpr int kDay = 86'400;
  return std::chrono::seconds(number(key, 0, kDay, otherwise));
}

int EndpointArguments::mode(std::string_view key, int otherwise) const {
  const Value* value = find(key);
  if (value == nullptr) return otherwise;
  const auto mode = digits(value->text, 8, 07777);
  if (!mode) fail(key, std::string(key) + ' ' + quoted(value->text) + " is not octal, from 0 to 7777");
  return *mode;
}

Address EndpointArguments::address(std::string_view key, std::optional<Address::Family> family) const {
  const Value* value = find(key);
  if (value == nullptr || value->text.empty()) return {};
  const auto address = Address::parse(value->text, 0);
  const char* wanted = !family ? "IP" : *family == Address::Family::kIPv4 ? "IPv4" : "IPv6";
  if (!address || (family && address->family() != *family))
    fail(key, std::string(key) + ' ' + quoted(value->text) + " is not an " + wanted + " address");
  return *address;
}

std::string EndpointArguments::unixPath(std::string_view key) const {
  std::string path = text(key);
  if (path.empty() || path == "@") fail(key, std::string(key) + " is empty");
  if (path.size() > Address::kMaxUnixPath)
    fail(key, std::string(key) + " has " + std::to_string(path.size()) + " bytes, and " + std::to_string(Address::kMaxUnixPath) +
                  " are allowed");
  if (path[0] == '@') path[0] = '\0';
  return path;
}

std::string_view EndpointArguments::rest() const noexcept { return std::string_view(string_.text).substr(string_.argumentsAt); }

std::unique_ptr<StreamServerEndpoint> EndpointArguments::wrappedServer(Reactor& reactor) const {
  const std::string_view inner = rest();
  try {
    // One level is enough, and the depth of the recursion has a bound.
    if (EndpointString::parse(inner).kind == string_.kind)
      throw EndpointStringError(string_.kind + " cannot wrap itself", inner, 0, string_.kind);
    return kinds_.serverFromString(reactor, inner);
  } catch (const EndpointStringError& error) {
    throw EndpointStringError(error.problem(), string_.text, string_.argumentsAt + error.position(), error.endpoint(),
                              error.keys(), error.kind());
  }
}

// EndpointKinds -----------------------------------------------------------------------------------

EndpointKinds::EndpointKinds() { detail::registerBuiltinKinds(*this); }

void EndpointKinds::registerServerEndpoint(std::string name, std::vector<std::string> keys, ServerParser parser) {
  add(servers_, std::move(name), std::move(keys), std::move(parser));
}

void EndpointKinds::registerClientEndpoint(std::string name, std::vector<std::string> keys, ClientParser parser) {
  add(clients_, std::move(name), std::move(keys), std::move(parser));
}

std::vector<std::string> EndpointKinds::serverKinds() const { return namesOf(servers_); }
std::vector<std::string> EndpointKinds::clientKinds() const { return namesOf(clients_); }

std::unique_ptr<StreamServerEndpoint> EndpointKinds::serverFromString(Reactor& reactor, std::string_view text) const {
  return make(*this, servers_, reactor, text);
}

std::unique_ptr<StreamClientEndpoint> EndpointKinds::clientFromString(Reactor& reactor, std::string_view text) const {
  return make(*this, clients_, reactor, text);
}

std::unique_ptr<StreamServerEndpoint> serverFromString(Reactor& reactor, std::string_view text) {
  return EndpointKinds().serverFromString(reactor, text);
}

std::unique_ptr<StreamClientEndpoint> clientFromString(Reactor& reactor, std::string_view text) {
  return EndpointKinds().clientFromString(reactor, text);
}

}  // namespace teasel
