#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/protocols/timeout_mixin.hpp>

namespace teasel::examples {

/// One message: who sent it, who shall get it, and its text. Each line of the text ends with "\n".
struct Mail {
  std::string sender;
  std::vector<std::string> recipients;
  std::string text;
};

/// Takes mail by a part of SMTP (RFC 5321). A line protocol with two modes: in command mode a line is
/// a command; behind DATA, in data mode, a line belongs to the text, until a line that is a single
/// dot. The client puts one more dot before a line of the text that begins with a dot, and the server
/// takes it off again (dot-stuffing, section 4.5.2).
///
/// Both modes cut lines, so the mode is a member of this class and LineReceiver knows nothing of it.
/// A body whose size is announced would need LineReceiver's raw mode instead: setRawMode.
class MailServer : public TimeoutMixin<LineReceiver> {
 public:
  /// RFC 5321, section 4.5.3.1.6, without the delimiter.
  static constexpr std::size_t kMaxLine = 998;
  static constexpr std::size_t kMaxText = std::size_t{1} << 20;
  static constexpr std::size_t kMaxRecipients = 100;
  /// Section 4.5.3.2.7.
  static constexpr Duration kPatience = std::chrono::minutes(5);
  using Deliver = std::function<void(const Mail&)>;

  /// `clock` is usually the reactor. `deliver` gets each message that was taken.
  MailServer(Clock& clock, Deliver deliver) : TimeoutMixin(clock, "\r\n", kMaxLine), deliver_(std::move(deliver)) {}

  void connectionMade() override {
    sendLine("220 ready");
    setTimeout(kPatience);
  }

  void lineReceived(std::string_view line) override {
    resetTimeout();
    if (mode_ == Mode::kCommand) obey(line);
    else if (line == ".") endText();
    else addToText(line.starts_with('.') ? line.substr(1) : line);
  }

  // The rest of the line is skipped, because this override does not end the connection.
  void lineLengthExceeded(std::string_view) override {
    resetTimeout();
    if (mode_ == Mode::kCommand) sendLine("500 line too long");
    else tooLarge_ = true;
  }

  void timeoutConnection() override {
    sendLine("421 nothing heard for too long");
    transport().loseConnection();
  }

 private:
  enum class Mode : std::uint8_t { kCommand, kData };
  struct Command {
    std::string_view name;
    void (MailServer::*run)(std::string_view argument);
  };
  static const std::array<Command, 8> kCommands;

  static bool equal(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return std::toupper(static_cast<unsigned char>(x)) == std::toupper(static_cast<unsigned char>(y));
    });
  }

  /// The address in "FROM:<address>"; none if `argument` does not look like that.
  static std::optional<std::string> address(std::string_view argument, std::string_view keyword) {
    if (!equal(argument.substr(0, keyword.size()), keyword)) return std::nullopt;
    argument.remove_prefix(keyword.size());
    if (argument.size() < 2 || argument.front() != '<' || argument.back() != '>') return std::nullopt;
    return std::string(argument.substr(1, argument.size() - 2));
  }

  void obey(std::string_view line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    for (const Command& command : kCommands)
      if (equal(line.substr(0, space), command.name)) return (this->*command.run)(line.substr(std::min(space + 1, line.size())));
    sendLine("500 unknown command");
  }

  void hello(std::string_view) {
    forget();
    sendLine("250 hello");
  }

  void mail(std::string_view argument) {
    const auto sender = address(argument, "FROM:");
    if (!sender) return sendLine("501 MAIL FROM:<address>");
    if (mail_) return sendLine("503 one message at a time");
    mail_ = Mail{*sender, {}, {}};
    sendLine("250 ok");
  }

  void recipient(std::string_view argument) {
    const auto to = address(argument, "TO:");
    if (!to || to->empty()) return sendLine("501 RCPT TO:<address>");
    if (!mail_) return sendLine("503 MAIL comes first");
    if (mail_->recipients.size() == kMaxRecipients) return sendLine("452 too many recipients");
    mail_->recipients.push_back(*to);
    sendLine("250 ok");
  }

  void data(std::string_view) {
    if (!mail_ || mail_->recipients.empty()) return sendLine("503 RCPT comes first");
    mode_ = Mode::kData;
    sendLine("354 end with a line that is a single dot");
  }

  void reset(std::string_view) {
    forget();
    sendLine("250 ok");
  }

  void nothing(std::string_view) { sendLine("250 ok"); }

  void quit(std::string_view) {
    sendLine("221 good-bye");
    transport().loseConnection();
  }

  void addToText(std::string_view line) {
    tooLarge_ = tooLarge_ || mail_->text.size() + line.size() + 1 > kMaxText;
    if (!tooLarge_) mail_->text.append(line).append("\n");
  }

  void endText() {
    mode_ = Mode::kCommand;
    const std::optional<Mail> done = std::exchange(mail_, std::nullopt);
    if (std::exchange(tooLarge_, false)) return sendLine("552 too large");
    deliver_(*done);
    sendLine("250 taken");
  }

  void forget() { mail_.reset(); }

  Deliver deliver_;
  Mode mode_ = Mode::kCommand;
  std::optional<Mail> mail_;  // between MAIL and the end of its text
  bool tooLarge_ = false;     // this text, or a line of it
};

inline constexpr std::array<MailServer::Command, 8> MailServer::kCommands{{{"HELO", &MailServer::hello},
                                                                           {"EHLO", &MailServer::hello},
                                                                           {"MAIL", &MailServer::mail},
                                                                           {"RCPT", &MailServer::recipient},
                                                                           {"DATA", &MailServer::data},
                                                                           {"RSET", &MailServer::reset},
                                                                           {"NOOP", &MailServer::nothing},
                                                                           {"QUIT", &MailServer::quit}}};

/// All its connections deliver to one place. `clock` must outlive it.
class MailFactory : public Factory {
 public:
  MailFactory(Clock& clock, MailServer::Deliver deliver) : clock_(clock), deliver_(std::move(deliver)) {}
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<MailServer>(clock_, deliver_); }

 private:
  Clock& clock_;
  MailServer::Deliver deliver_;
};

}  // namespace teasel::examples
