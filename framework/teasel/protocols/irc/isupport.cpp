#include <teasel/protocols/irc/isupport.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace teasel::irc {

namespace {

using Texts = std::vector<std::string>;

int hexDigit(char byte) noexcept {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

Limit toLimit(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Cuts a value at its commas, then takes the escapes out of each part.
std::optional<Texts> splitValue(std::string_view value) {
  Texts parts;
  while (true) {
    const std::size_t comma = value.find(',');
    auto part = unescapeFeature(value.substr(0, comma));
    if (!part) return std::nullopt;
    parts.push_back(*std::move(part));
    if (comma == std::string_view::npos) return parts;
    value.remove_prefix(comma + 1);
  }
}

/// "A:1" for each part.
template <class Value, class Read>
std::vector<FeatureEntry<Value>> toEntries(const Texts& values, Read read) {
  std::vector<FeatureEntry<Value>> entries;
  for (const std::string& text : values) {
    const std::size_t colon = text.find(':');
    const std::string_view value = colon == std::string::npos ? std::string_view() : std::string_view(text).substr(colon + 1);
    entries.push_back({.name = text.substr(0, colon), .value = read(value)});
  }
  return entries;
}

std::vector<FeatureEntry<Limit>> toLimits(const Texts& values) { return toEntries<Limit>(values, toLimit); }

/// Reads a limit into `limit`. An empty text means: no limit.
bool readLimit(std::string_view text, Limit& limit, bool mayBeNone) {
  const Limit read = toLimit(text);
  if (!read && !(mayBeNone && text.empty())) return false;
  limit = read;
  return true;
}

bool readRanks(std::string_view text, std::string& ranks, std::string& signs) {
  if (text.empty()) {
    ranks.clear();
    signs.clear();
    return true;
  }
  const std::size_t close = text.find(')');
  if (text[0] != '(' || close == std::string_view::npos) return false;
  const std::string_view modes = text.substr(1, close - 1), marks = text.substr(close + 1);
  const std::size_t count = std::min(modes.size(), marks.size());
  ranks = modes.substr(0, count);
  signs = marks.substr(0, count);
  return true;
}

bool readModes(const Texts& values, ModeKinds& kinds) {
  if (values.size() > 4) return false;
  const auto at = [&values](std::size_t place) { return place < values.size() ? values[place] : std::string(); };
  kinds.lists = at(0);
  kinds.always = at(1);
  kinds.onSet = at(2);
  kinds.flags = at(3);
  return true;
}

char firstOr(std::string_view text, char otherwise) noexcept { return text.empty() ? otherwise : text[0]; }

}  // namespace

std::optional<std::string> unescapeFeature(std::string_view value) {
  std::string plain;
  while (true) {
    const std::size_t mark = value.find("\\x");
    plain.append(value.substr(0, mark));
    if (mark == std::string_view::npos) return plain;
    value.remove_prefix(mark + 2);
    if (value.size() < 2) return std::nullopt;
    const int high = hexDigit(value[0]), low = hexDigit(value[1]);
    if (high < 0 || low < 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    value.remove_prefix(2);
  }
}

ServerSupportedFeatures::ServerSupportedFeatures()
    : texts_{{"CHANNELLEN", "200"}, {"CHANTYPES", "#&"},    {"MODES", "3"},
             {"NICKLEN", "9"},      {"PREFIX", "(ovh)@+%"}, {"CHANMODES", "b,,lk,"}} {}

void ServerSupportedFeatures::parse(std::span<const std::string_view> words) {
  for (const std::string_view word : words) {
    if (word.starts_with('-')) {
      remove(word.substr(1));
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    const auto values = splitValue(value);
    if (key.empty() || !values || !set(key, *values)) continue;
    const auto found = texts_.find(key);
    if (found != texts_.end()) found->second = *unescapeFeature(value);
    else if (texts_.size() < kMaxFeatures) texts_.emplace(key, *unescapeFeature(value));
  }
}

// Returns false when the value cannot be read; nothing has changed then.
bool ServerSupportedFeatures::set(std::string_view key, const Texts& values) {
  const std::string& first = values.front();
  if (key == "CASEMAPPING") caseMapping = caseMappingByName(first);
  else if (key == "CHANLIMIT") chanLimit = toLimits(values);
  else if (key == "CHANMODES") return readModes(values, modeKinds);
  else if (key == "CHANNELLEN") return readLimit(first, channelLen, false);
  else if (key == "CHANTYPES") chanTypes = first;
  else if (key == "EXCEPTS") excepts = firstOr(first, 'e');
  else if (key == "IDCHAN") idChan = toEntries<std::string>(values, [](std::string_view text) { return std::string(text); });
  else if (key == "INVEX") invex = firstOr(first, 'I');
  else if (key == "KICKLEN") return readLimit(first, kickLen, true);
  else if (key == "MAXLIST") maxList = toLimits(values);
  else if (key == "MODES") return readLimit(first, modes, true);
  else if (key == "NETWORK") network = first;
  else if (key == "NICKLEN") return readLimit(first, nickLen, false);
  else if (key == "PREFIX") return readRanks(first, modeKinds.ranks, rankSigns);
  else if (key == "SAFELIST") safeList = true;
  else if (key == "STATUSMSG") statusMsg = first;
  else if (key == "TARGMAX") targMax = toLimits(values);
  else if (key == "TOPICLEN") return readLimit(first, topicLen, true);
  return true;
}

void ServerSupportedFeatures::remove(std::string_view key) {
  if (const auto found = texts_.find(key); found != texts_.end()) texts_.erase(found);
  const ServerSupportedFeatures fresh;
  if (key == "CASEMAPPING") caseMapping = fresh.caseMapping;
  else if (key == "CHANLIMIT") chanLimit.clear();
  else if (key == "CHANMODES") readModes({"b", "", "lk", ""}, modeKinds);
  else if (key == "CHANNELLEN") channelLen.reset();
  else if (key == "CHANTYPES") chanTypes = fresh.chanTypes;
  else if (key == "EXCEPTS") excepts = 0;
  else if (key == "IDCHAN") idChan.clear();
  else if (key == "INVEX") invex = 0;
  else if (key == "KICKLEN") kickLen.reset();
  else if (key == "MAXLIST") maxList.clear();
  else if (key == "MODES") modes.reset();
  else if (key == "NETWORK") network.clear();
  else if (key == "NICKLEN") nickLen.reset();
  else if (key == "PREFIX") readRanks("(ovh)@+%", modeKinds.ranks, rankSigns);
  else if (key == "SAFELIST") safeList = false;
  else if (key == "STATUSMSG") statusMsg.clear();
  else if (key == "TARGMAX") targMax.clear();
  else if (key == "TOPICLEN") topicLen.reset();
}

bool ServerSupportedFeatures::hasFeature(std::string_view name) const { return texts_.find(name) != texts_.end(); }

std::optional<std::string> ServerSupportedFeatures::getFeature(std::string_view name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end()) return std::nullopt;
  return found->second;
}

bool ServerSupportedFeatures::isChannel(std::string_view name) const noexcept {
  return !name.empty() && chanTypes.find(name[0]) != std::string::npos;
}

char ServerSupportedFeatures::rankOfSign(char sign) const noexcept {
  const std::size_t at = rankSigns.find(sign);
  return at == std::string::npos ? char{0} : modeKinds.ranks[at];
}

}  // namespace teasel::irc
