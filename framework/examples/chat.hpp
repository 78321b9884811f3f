#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::examples {

class Chat;

/// All users in the room, by name.
using ChatUsers = std::map<std::string, Chat*, std::less<>>;

/// Asks for a name, then tells the others what this user says.
class Chat : public LineReceiver {
 public:
  explicit Chat(std::shared_ptr<ChatUsers> users) : users_(std::move(users)) {}

  void connectionMade() override { sendLine("What's your name?"); }

  void connectionLost(const Failure&) override {
    if (!name_.empty()) users_->erase(name_);
  }

  void lineReceived(std::string_view line) override {
    if (name_.empty()) takeName(line);
    else say(line);
  }

  const std::string& name() const noexcept { return name_; }

 private:
  void takeName(std::string_view name) {
    if (name.empty()) return sendLine("What's your name?");
    if (users_->contains(name)) return sendLine("Name taken, please choose another.");
    name_ = name;
    users_->emplace(name_, this);
    sendLine("Welcome, " + name_ + "!");
  }

  void say(std::string_view message) {
    std::string line = "<" + name_ + "> ";
    line += message;
    for (const auto& [name, user] : *users_)
      if (user != this) user->sendLine(line);
  }

  std::shared_ptr<ChatUsers> users_;
  std::string name_;
};

/// All its connections share one room.
class ChatFactory : public Factory {
 public:
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Chat>(users_); }
  const ChatUsers& users() const noexcept { return *users_; }

 private:
  std::shared_ptr<ChatUsers> users_ = std::make_shared<ChatUsers>();
};

}  // namespace teasel::examples
