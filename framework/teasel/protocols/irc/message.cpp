#include <teasel/protocols/irc/message.hpp>

#include <algorithm>

#include <teasel/core/byte_view.hpp>
#include <teasel/protocols/irc/detail/scan.hpp>

namespace teasel::irc {

namespace {

constexpr std::size_t kMaxText = kMaxMessage - 2;  // without CR and LF

bool isDigit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
char lower(char byte) noexcept { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte; }

const char* skipSpaces(const char* at, const char* end) noexcept {
  while (at != end && *at == ' ') ++at;
  return at;
}

/// Behind a word that ends at `stop`: where the next one begins.
const char* nextWord(const char* stop, const char* end) noexcept {
  if (stop == end) return end;
  ++stop;
  while (stop != end && *stop == ' ') [[unlikely]]
    ++stop;
  return stop;
}

std::string_view between(const char* begin, const char* end) noexcept { return {begin, static_cast<std::size_t>(end - begin)}; }

/// `end`: where the line ends, which may be behind the word.
[[gnu::always_inline]] inline bool isCommand(std::string_view word, const char* end) noexcept {
  if (word.empty()) return false;
  if (isDigit(word[0])) return word.size() == 3 && isDigit(word[1]) && isDigit(word[2]);
  return detail::areLetters(word.data(), word.size(), end);
}

/// Reads a line into `message`. When there is a fault, sets it and returns the place that shows it.
template <class Spaces>
const char* read(std::string_view line, Message& message, Fault& fault) noexcept {
  const char* const begin = line.data();
  const char* const end = begin + line.size();
  const auto fail = [&fault](Fault what, const char* where) {
    fault = what;
    return where;
  };
  const char* at = skipSpaces(begin, end);
  if (at == end) return fail(Fault::kEmpty, begin);
  Spaces spaces(begin, end);
  if (*at == '@') [[unlikely]] {
    const char* const stop = spaces.next(at);
    if (static_cast<std::size_t>(stop - at) >= kMaxTags) return fail(Fault::kTagsTooLong, at + kMaxTags - 1);
    if (stop - at == 1) return fail(Fault::kBadTag, at);
    message.tags = Tags(between(at + 1, stop));
    at = nextWord(stop, end);
  }
  if (static_cast<std::size_t>(end - at) > kMaxText) return fail(Fault::kTooLong, at + kMaxText);
  if (at != end && *at == ':') {
    const char* const stop = spaces.next(at);
    if (stop - at == 1) return fail(Fault::kBadPrefix, at);
    message.prefix = Prefix(between(at + 1, stop));
    at = nextWord(stop, end);
  }
  if (at == end) return fail(Fault::kNoCommand, end);
  const char* stop = spaces.next(at);
  const std::string_view command = between(at, stop);
  message.command = command;
  if (!isCommand(command, end)) return fail(Fault::kBadCommand, at);

  while ((at = nextWord(stop, end)) != end) {
    if (*at == ':' || message.params.size() + 1 == kMaxParams) {
      message.params.push_back(between(*at == ':' ? at + 1 : at, end));
      break;
    }
    stop = spaces.next(at);
    message.params.push_back(between(at, stop));
  }
  if (spaces.suspect() && detail::findIllegal(begin, end) != end) return fail(Fault::kIllegalByte, begin);
  return nullptr;
}

}  // namespace

bool isCommand(std::string_view word) noexcept { return isCommand(word, word.data() + word.size()); }

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
  // One variable is returned everywhere, so that it is never copied.
  Parsed parsed;
  Fault fault = Fault::kNone;
  const char* const wrong = line.size() < detail::Spaces::kLeast ? read<detail::ByteSpaces>(line, parsed.message, fault)
                                                                 : read<detail::Spaces>(line, parsed.message, fault);
  if (fault == Fault::kNone) [[likely]]
    return parsed;
  // A byte that is illegal is the fault, whatever else is wrong.
  const char* const begin = line.data();
  const char* const end = begin + line.size();
  const char* const illegal = detail::findIllegal(begin, end);
  parsed.message = {};
  parsed.fault = illegal != end ? Fault::kIllegalByte : fault;
  parsed.at = static_cast<std::size_t>((illegal != end ? illegal : wrong) - begin);
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
