#include <teasel/reactor/resolver.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/errors.hpp>

namespace teasel {

namespace {

bool isNameByte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// Whether inet_aton(3) could take it as a number: decimal, octal or hexadecimal.
bool isNumber(std::string_view label) noexcept {
  const bool hex = label.starts_with("0x") || label.starts_with("0X");
  return label.find_first_not_of(hex ? "0123456789abcdefABCDEF" : "0123456789", hex ? 2 : 0) == std::string_view::npos;
}

/// What is wrong with a host name, or null. The limits are those of RFC 1035, section 2.3.4. A name
/// whose last part is a number is refused, because getaddrinfo takes "127.1" for an address, and
/// what checks addresses before does not. No top-level domain is a number.
const char* problemOf(std::string_view name) noexcept {
  constexpr std::size_t kMaxLabel = 63;
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.empty()) return "it is empty";
  if (name.size() > Resolver::kMaxName) return "it has more than 253 bytes";
  for (std::size_t label = 0; const char c : name) {
    if (c != '.' && !isNameByte(c)) return "a name has letters, digits, '-', '_' and '.' only";
    if (c == '.' && label == 0) return "a part between dots is empty";
    label = c == '.' ? 0 : label + 1;
    if (label > kMaxLabel) return "a part between dots has more than 63 bytes";
  }
  if (name.back() == '.') return "a part between dots is empty";
  return isNumber(name.substr(name.rfind('.') + 1)) ? "its last part is a number, and it is no IP address" : nullptr;
}

bool isIp(const Address& address) noexcept {
  return address.family() == Address::Family::kIPv4 || address.family() == Address::Family::kIPv6;
}

}  // namespace

bool isLocalhost(std::string_view name) noexcept {
  constexpr std::string_view kLocalhost = "localhost";
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return std::equal(name.begin(), name.end(), kLocalhost.begin(), kLocalhost.end(),
                    [](char c, char lower) { return c == lower || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == lower); });
}

Question::Question(Resolver& resolver, std::string name, std::uint16_t port, Answer answer)
    : resolver_(&resolver), name_(std::move(name)), port_(port), answer_(std::move(answer)) {}

void Question::answer(const std::vector<Address>& addresses) {
  if (!pending() || settled_) return;
  for (const Address& each : addresses) {
    const Address address = each.withPort(port_);
    if (addresses_.size() == Resolver::kMaxAddresses) break;
    if (!isIp(address)) continue;
    if (std::find(addresses_.begin(), addresses_.end(), address) == addresses_.end()) addresses_.push_back(address);
  }
  if (addresses_.empty())
    failure_ = Failure(
        DNSLookupError("the name " + name_ + (addresses.empty() ? " has no address" : " has no IPv4 or IPv6 address")), Site{});
  finish();
}

void Question::fail(Failure why) {
  if (!pending() || settled_) return;
  failure_ = std::move(why);
  finish();
}

/// Gives the answer, or lets a later turn give it.
void Question::finish() {
  settled_ = true;
  if (asking_) return;
  std::vector<Address> addresses = std::move(addresses_);
  const Failure failure = failure_;
  Answer answer = leave();
  answer(std::move(addresses), failure);
}

/// The question is over. It may be destroyed when the caller lets go of what is returned.
Question::Answer Question::leave() noexcept {
  Resolver* const resolver = std::exchange(resolver_, nullptr);
  Answer answer = std::move(answer_);
  timer_.cancelIfActive();
  work_.cancelIfActive();
  if (resolver != nullptr) resolver->closed(*this);
  return answer;
}

void Lookup::cancel() {
  if (!pending()) return;
  const std::shared_ptr<Question> question = std::move(question_);
  const Question::Answer dropped = question->leave();
}

Resolver::~Resolver() {
  std::vector<std::shared_ptr<void>> remains;
  drop(remains);
}

Lookup Resolver::resolve(std::string name, std::uint16_t port, Answer answer, Duration timeout) {
  if (!answer) throw UsageError("resolve of \"" + name + "\" with an empty function");
  if (timeout < Duration::zero()) throw NegativeDelay("resolve with a timeout of " + durationText(timeout));
  const auto question = std::make_shared<Question>(*this, std::move(name), port, std::move(answer));
  const auto literal = Address::parse(question->name(), port);
  if (literal) {
    question->answer({*literal});
  } else if (const char* problem = problemOf(question->name())) {
    question->fail(Failure(DNSLookupError("cannot resolve \"" + escaped(ByteView(question->name())) + "\": " + problem), Site{}));
  } else if (open_.size() >= kMaxOpen) {
    question->fail(Failure(DNSLookupError("cannot resolve " + question->name() + ": " + std::to_string(kMaxOpen) +
                                          " names are being looked up already"),
                           Site{}));
  }
  open_.push_back(question);
  if (!question->settled_) {
    struct Dropped {  // when `ask` throws
      Question* question;
      explicit Dropped(Question& asked) noexcept : question(&asked) {}
      Dropped(const Dropped&) = delete;
      Dropped& operator=(const Dropped&) = delete;
      ~Dropped() {
        if (question != nullptr) static_cast<void>(question->leave());
      }
    } dropped(*question);
    ask(question);
    dropped.question = nullptr;
  }
  question->asking_ = false;
  if (!question->pending()) return Lookup();
  if (question->settled_) {
    question->timer_ = clock_.callLater(Duration::zero(), [question] { question->finish(); });
  } else if (timeout < Duration::max()) {
    question->timer_ = clock_.callLater(timeout, [question, timeout] {
      question->fail(
          Failure(DNSTimeoutError("looking up " + question->name() + " took longer than " + durationText(timeout)), Site{}));
    });
  }
  return Lookup(question);
}

void Resolver::closed(const Question& question) noexcept {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& each) { return each.get() == &question; });
  if (found == open_.end()) return;
  std::swap(*found, open_.back());
  open_.pop_back();
  over();
}

void Resolver::handOver(Resolver& successor) {
  for (const std::shared_ptr<Question>& question : std::exchange(open_, {})) {
    question->resolver_ = &successor;
    successor.open_.push_back(question);
    question->work_.cancelIfActive();
    if (question->settled_) continue;  // its answer is on the way
    question->settled_ = true;
    question->failure_ = Failure(DNSLookupError("cannot resolve " + question->name() + ": the resolver was replaced"), Site{});
    question->timer_.cancelIfActive();
    question->timer_ = successor.clock_.callLater(Duration::zero(), [question] { question->finish(); });
  }
}

void Resolver::abandon(std::vector<std::shared_ptr<void>>& remains) {
  drop(remains);
  abandoned();
}

void Resolver::drop(std::vector<std::shared_ptr<void>>& remains) {
  for (const std::shared_ptr<Question>& question : std::exchange(open_, {})) {
    question->resolver_ = nullptr;
    question->timer_.cancelIfActive();
    question->work_.cancelIfActive();
    remains.push_back(std::make_shared<Answer>(std::move(question->answer_)));
    remains.push_back(question);
  }
}

}  // namespace teasel
