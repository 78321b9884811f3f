#include <teasel/protocols/irc/message_builder.hpp>

#include <cstring>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/protocols/irc/detail/scan.hpp>
#include <teasel/protocols/irc/utf8.hpp>

namespace teasel::irc {

namespace {

constexpr std::size_t kMaxText = kMaxMessage - 2;  // without CR and LF
constexpr std::size_t kShown = 60;                 // bytes of a wrong part in an error

bool isWord(std::string_view text) noexcept {
  return !text.empty() && text[0] != ':' && text.find(' ') == std::string_view::npos;
}

std::string digits(int number) {
  return {static_cast<char>('0' + number / 100 % 10), static_cast<char>('0' + number / 10 % 10),
          static_cast<char>('0' + number % 10)};
}

}  // namespace

FormatError::FormatError(Fault fault, std::string_view part)
    : std::runtime_error(std::string("this message cannot be sent: ") + describe(fault) +
                         (part.empty() ? std::string() : " in \"" + escaped(part, kShown) + "\"")),
      fault_(fault) {}

MessageBuilder::MessageBuilder() : memory_(std::make_unique_for_overwrite<char[]>(kMaxLine)) {}

MessageBuilder& MessageBuilder::clear() noexcept {
  size_ = tags_ = params_ = 0;
  last_ = Part::kNothing;
  fault_ = Fault::kNone;
  return *this;
}

MessageBuilder& MessageBuilder::cut(bool allowed) noexcept {
  cut_ = allowed;
  return *this;
}

// Whether `part` may be added: false after a fault.
bool MessageBuilder::next(Part part) {
  const bool body = part == Part::kParam || part == Part::kTrailing;
  const bool inOrder =
      body ? last_ == Part::kCommand || last_ == Part::kParam : last_ < part || (part == Part::kTag && last_ == part);
  if (!inOrder && fault_ == Fault::kNone)
    throw UsageError("MessageBuilder: the parts of a message come in the order tags, prefix, command, parameters");
  if (last_ == Part::kTag && part != Part::kTag && fault_ == Fault::kNone) {
    memory_[size_++] = ' ';
    tags_ = size_;
  }
  last_ = part;
  return fault_ == Fault::kNone;
}

bool MessageBuilder::append(std::string_view text) {
  const bool inTags = last_ == Part::kTag;
  // the space behind the tags counts
  const std::size_t used = size_ - tags_, limit = inTags ? kMaxTags - 1 : kMaxText;
  if (text.size() > limit - used) {
    fail(inTags ? Fault::kTagsTooLong : Fault::kTooLong, text);
    return false;
  }
  if (!text.empty()) std::memcpy(memory_.get() + size_, text.data(), text.size());
  size_ += text.size();
  return true;
}

MessageBuilder& MessageBuilder::fail(Fault fault, std::string_view part) {
  fault_ = fault;
  wrong_.assign(part.substr(0, kShown + 1));
  return *this;
}

bool MessageBuilder::hasIllegal(std::string_view part) {
  if (!detail::hasIllegal(part)) return false;
  fail(Fault::kIllegalByte, part);
  return true;
}

MessageBuilder& MessageBuilder::tag(std::string_view key, std::string_view value) {
  const bool first = last_ == Part::kNothing;
  if (!next(Part::kTag)) return *this;
  if (!isTagKey(key)) return fail(Fault::kBadTag, key);
  if (value.find('\0') != std::string_view::npos) return fail(Fault::kIllegalByte, value);
  if (append(first ? "@" : ";") && append(key) && !value.empty() && append("=")) append(escapeTagValue(value));
  return *this;
}

MessageBuilder& MessageBuilder::prefix(std::string_view text) {
  if (!next(Part::kPrefix) || hasIllegal(text)) return *this;
  if (text.empty() || text.find(' ') != std::string_view::npos) return fail(Fault::kBadPrefix, text);
  if (append(":") && append(text)) append(" ");
  return *this;
}

MessageBuilder& MessageBuilder::prefix(std::string_view nick, std::string_view user, std::string_view host) {
  if (!next(Part::kPrefix)) return *this;
  for (const auto part : {nick, user, host}) {
    if (hasIllegal(part)) return *this;
    if (part.empty() || part.find(' ') != std::string_view::npos) return fail(Fault::kBadPrefix, part);
  }
  if (nick.find_first_of("!@") != std::string_view::npos) return fail(Fault::kBadPrefix, nick);
  if (append(":") && append(nick) && append("!") && append(user) && append("@") && append(host)) append(" ");
  return *this;
}

MessageBuilder& MessageBuilder::command(std::string_view name) {
  if (!next(Part::kCommand) || hasIllegal(name)) return *this;
  if (!isCommand(name)) return fail(Fault::kBadCommand, name);
  append(name);
  return *this;
}

MessageBuilder& MessageBuilder::command(Numeric numeric) { return command(std::string_view(digits(numeric))); }

MessageBuilder& MessageBuilder::param(std::string_view word) {
  if (!next(Part::kParam) || hasIllegal(word)) return *this;
  if (!isWord(word)) return fail(Fault::kBadParam, word);
  if (++params_ > kMaxParams) return fail(Fault::kTooManyParams, word);
  if (append(" ")) append(word);
  return *this;
}

MessageBuilder& MessageBuilder::trailing(std::string_view text) {
  if (!next(Part::kTrailing) || hasIllegal(text)) return *this;
  if (++params_ > kMaxParams) return fail(Fault::kTooManyParams, text);
  if (!append(" :")) return *this;
  const std::size_t left = kMaxText - (size_ - tags_);
  if (cut_ && text.size() > left) text = text.substr(0, left == 0 ? 0 : wholeCharacters(text, left));
  append(text);
  return *this;
}

MessageBuilder& MessageBuilder::params(std::span<const std::string_view> all) {
  for (const auto& each : all) {
    if (&each == &all.back() && !isWord(each)) trailing(each);
    else param(each);
  }
  return *this;
}

MessageBuilder& MessageBuilder::message(const Message& parts) {
  if (!parts.tags.empty() && next(Part::kTag)) {
    const std::string_view tags = parts.tags.text();
    if (hasIllegal(tags)) return *this;
    if (tags.find(' ') != std::string_view::npos) return fail(Fault::kBadTag, tags);
    if (append("@")) append(tags);
  }
  if (!parts.prefix.empty()) prefix(parts.prefix.text());
  command(parts.command);
  return params(parts.params.from(0));
}

Fault MessageBuilder::fault() const noexcept {
  if (fault_ != Fault::kNone) return fault_;
  return last_ < Part::kCommand ? Fault::kNoCommand : Fault::kNone;
}

std::string_view MessageBuilder::text() const noexcept {
  return ok() ? std::string_view(memory_.get(), size_) : std::string_view();
}

std::string_view MessageBuilder::line() const noexcept {
  if (!ok()) return {};
  std::memcpy(memory_.get() + size_, "\r\n", 2);
  return {memory_.get(), size_ + 2};
}

void MessageBuilder::check() const {
  if (!ok()) throw FormatError(fault(), wrong_);
}

std::size_t MessageBuilder::room() const noexcept {
  const std::size_t used = size_ - tags_ + 2;
  return used < kMaxText ? kMaxText - used : 0;
}

}  // namespace teasel::irc
