#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <teasel/protocols/irc/server.hpp>

#include "irc_server/model.hpp"

namespace teasel::targets {

/// A user of the server whose every step a model makes, too. The model gets each command just
/// before the server carries it out.
class ObservedUser : public irc::IRCUser {
 public:
  ObservedUser(irc::IRCFactory& server, std::shared_ptr<IrcModel> model) : IRCUser(server), model_(std::move(model)) {}

  void connectionMade() override {
    IRCUser::connectionMade();
    model_->connected(id(), host());
  }
  void messageReceived(const irc::Message& message) override {
    model_->command(id(), message);
    IRCUser::messageReceived(message);
  }
  void badMessage(std::string_view line, irc::Fault fault, std::size_t at) override {
    model_->badLine(id(), fault == irc::Fault::kTooLong || fault == irc::Fault::kTagsTooLong);
    IRCUser::badMessage(line, fault, at);
  }

 protected:
  void userLeft(std::string_view reason) override { model_->left(id(), reason); }

 private:
  std::shared_ptr<IrcModel> model_;
};

class ObservedFactory : public irc::IRCFactory {
 public:
  ObservedFactory(Clock& clock, const irc::ServerOptions& options, std::shared_ptr<IrcModel> model)
      : IRCFactory(clock, options), model_(std::move(model)) {}
  std::shared_ptr<irc::IRCUser> makeUser() override { return std::make_shared<ObservedUser>(*this, model_); }

 private:
  std::shared_ptr<IrcModel> model_;
};

}  // namespace teasel::targets
