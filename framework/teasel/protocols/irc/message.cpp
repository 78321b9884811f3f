#include <teasel/protocols/irc/message.hpp>

#include <algorithm>

#include <teasel/core/byte_view.hpp>
#include <teasel/protocols/irc/detail/scan.hpp>

namespace teasel::irc {

namespace {

using detail::findSpace;

constexpr std::size_t kMaxText = kMaxMessage - 2;  // without CR and LF

bool isLetter(char byte) noexcept { return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'); }
bool isDigit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
char lower(char byte) noexcept { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte; }

const char* skipSpaces(const char* at, const char* end) noexcept {
  while (at != end && *at == ' ') ++at;
  return at;
}

std::string_view between(const char* begin, const char* end) noexcept { return {begin, static_cast<std::size_t>(end - begin)}; }

}  // namespace

bool isCommand(std::string_view word) noexcept {
  if (word.empty()) return false;
  if (isDigit(word[0])) return word.size() == 3 && isDigit(word[1]) && isDigit(word[2]);
  return std::all_of(word.begin(), word.end(), isLetter);
}

std::string_view Prefix::nick() const noexcept { return text_.substr(0, text_.find_first_of("!@")); }

std::string_view Prefix::user() const noexcept {
  const std::size_t mark = text_.find('!');
  if (mark == std::string_view::npos) return {};
  const std::string_view rest = text_.substr(mark + 1);
  return rest.substr(0, rest.rfind('@'));
}

std::string_view Prefix::host() const noexcept {
  const std::size_t mark = text_.rfind('@');
  return mark == std::string_view::npos ? std::string_view() : text_.substr(mark + 1);
}

const char* describe(Fault fault) noexcept {
  switch (fault) {
    case Fault::kNone: return "no fault";
    case Fault::kEmpty: return "an empty line";
    case Fault::kIllegalByte: return "a CR, LF or NUL inside a line";
    case Fault::kTooLong: return "a message of more than 512 bytes";
    case Fault::kTagsTooLong: return "tags of more than 8191 bytes";
    case Fault::kBadTag: return "a tag without a key, or with one that is not allowed";
    case Fault::kBadPrefix: return "a prefix that is empty or has a space";
    case Fault::kNoCommand: return "no command";
    case Fault::kBadCommand: return "a command that is neither letters nor three digits";
    case Fault::kBadParam: return "a parameter that is empty, has a space or begins with a colon, and is not the last";
    case Fault::kTooManyParams: return "more than 15 parameters";
  }
  return "an unknown fault";
}

bool operator==(const Params& a, const Params& b) noexcept { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

bool Message::is(std::string_view name) const noexcept {
  return std::equal(command.begin(), command.end(), name.begin(), name.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

int Message::numeric() const noexcept {
  if (command.size() != 3 || !isDigit(command[0])) return 0;
  return (command[0] - '0') * 100 + (command[1] - '0') * 10 + (command[2] - '0');
}

Message::Parsed Message::parse(std::string_view line) noexcept {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  const char* const begin = line.data();
  const char* const end = begin + line.size();
  Parsed parsed;
  Message& message = parsed.message;
  const auto fail = [&parsed, begin](Fault fault, const char* at) -> Parsed& {
    parsed.message = {};
    parsed.fault = fault;
    parsed.at = static_cast<std::size_t>(at - begin);
    return parsed;
  };

  const char* at = skipSpaces(begin, end);
  if (at == end) return fail(Fault::kEmpty, begin);
  if (const char* const wrong = detail::findIllegal(at, end); wrong != end) return fail(Fault::kIllegalByte, wrong);
  if (*at == '@') {
    const char* const stop = findSpace(at, end);
    if (static_cast<std::size_t>(stop - at) >= kMaxTags) return fail(Fault::kTagsTooLong, at + kMaxTags - 1);
    if (stop - at == 1) return fail(Fault::kBadTag, at);
    message.tags = Tags(between(at + 1, stop));
    at = skipSpaces(stop, end);
  }
  if (static_cast<std::size_t>(end - at) > kMaxText) return fail(Fault::kTooLong, at + kMaxText);
  if (at != end && *at == ':') {
    const char* const stop = findSpace(at, end);
    if (stop - at == 1) return fail(Fault::kBadPrefix, at);
    message.prefix = Prefix(between(at + 1, stop));
    at = skipSpaces(stop, end);
  }
  if (at == end) return fail(Fault::kNoCommand, end);
  const char* stop = findSpace(at, end);
  message.command = between(at, stop);
  if (!isCommand(message.command)) return fail(Fault::kBadCommand, at);

  while ((at = skipSpaces(stop, end)) != end) {
    if (*at == ':' || message.params.size() + 1 == kMaxParams) {
      message.params.push_back(between(*at == ':' ? at + 1 : at, end));
      break;
    }
    stop = findSpace(at, end);
    message.params.push_back(between(at, stop));
  }
  return parsed;
}

std::string toString(const Message& message) {
  std::string text;
  if (!message.tags.empty()) text += "@" + escaped(message.tags.text()) + " ";
  if (!message.prefix.empty()) text += ":" + escaped(message.prefix.text()) + " ";
  text += escaped(message.command);
  for (const auto param : message.params) text += " \"" + escaped(param) + "\"";
  return text;
}

}  // namespace teasel::irc
