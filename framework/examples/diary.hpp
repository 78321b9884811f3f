#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/protocols/timeout_mixin.hpp>

// A client that must come back, and a server that may lose its memory. The client keeps a diary and
// has it stored on the server. Client and server agree on how many entries are stored, so no entry
// is lost and none is stored twice, whatever breaks:
//
//     client: diary anna          "I am anna"
//     server: have 2              "I have two of your entries"
//     client: entry good morning  the third one
//     server: have 3
//
// diary_test.cpp runs them through partitions and crashes.

namespace teasel::examples {

/// What a server knows: the entries of each diary. It is lost with the process that holds it.
using Diaries = std::map<std::string, std::vector<std::string>, std::less<>>;

/// The server's side of one connection.
class DiaryServer : public TimeoutMixin<LineReceiver> {
 public:
  /// A client that says nothing for longer than this is taken for gone.
  static constexpr Duration kSilence = std::chrono::minutes(5);
  DiaryServer(Clock& clock, std::shared_ptr<Diaries> diaries) : TimeoutMixin(clock), diaries_(std::move(diaries)) {}

  void connectionMade() override { setTimeout(kSilence); }
  void lineReceived(std::string_view line) override {
    resetTimeout();
    if (line.starts_with("diary ")) {
      diary_ = &(*diaries_)[std::string(line.substr(6))];
    } else if (line.starts_with("entry ") && diary_ != nullptr) {
      diary_->emplace_back(line.substr(6));
    } else {
      sendLine("error: say \"diary NAME\", then \"entry TEXT\"");
      return transport().loseConnection();
    }
    sendLine("have " + std::to_string(diary_->size()));
  }

 private:
  std::shared_ptr<Diaries> diaries_;
  std::vector<std::string>* diary_ = nullptr;
};

class DiaryServerFactory : public Factory {
 public:
  explicit DiaryServerFactory(Clock& clock) : clock_(clock) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<DiaryServer>(clock_, diaries); }
  const std::shared_ptr<Diaries> diaries = std::make_shared<Diaries>();

 private:
  Clock& clock_;
};

/// Keeps a diary and has it stored by a server. It connects again whenever a connection fails or is
/// lost: first after a second, then after twice as long each time, at most after a minute.
class DiaryClient : public ClientFactory {
 public:
  static constexpr Duration kFirstDelay = std::chrono::seconds(1), kLongestDelay = std::chrono::minutes(1);
  /// Without an answer for so long, the server or the way to it is taken for gone.
  static constexpr Duration kPatience = std::chrono::seconds(20);
  /// After so long without anything to say, it asks what the server has. Else it would never learn
  /// that the server is gone: a connection on which nobody sends looks the same when it is dead.
  static constexpr Duration kQuiet = std::chrono::minutes(1);

  DiaryClient(Clock& clock, std::string name) : clock_(clock), name_(std::move(name)) { noisy = false; }
  ~DiaryClient() override { again_.cancelIfActive(); }

  void write(std::string entry) {
    entries_.push_back(std::move(entry));
    if (line_ != nullptr) line_->sendNext();
  }
  const std::vector<std::string>& entries() const noexcept { return entries_; }
  /// How many of them the server has, as far as the client knows.
  std::size_t stored() const noexcept { return stored_; }
  /// Gives up for good.
  void stop() {
    stopped_ = true;
    again_.cancelIfActive();
    if (line_ != nullptr) line_->transport().loseConnection();
  }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    return stopped_ ? nullptr : std::make_shared<Line>(clock_, *this);
  }
  void clientConnectionFailed(Connector& connector, const Failure&) override { comeBack(connector); }
  void clientConnectionLost(Connector& connector, const Failure&) override {
    line_ = nullptr;
    comeBack(connector);
  }

 private:
  /// One connection. It sends an entry when the server has answered for the one before.
  class Line : public TimeoutMixin<LineReceiver> {
   public:
    Line(Clock& clock, DiaryClient& diary) : TimeoutMixin(clock), diary_(diary) {}
    void connectionMade() override {
      diary_.line_ = this;
      ask("diary " + diary_.name_);
    }
    void lineReceived(std::string_view line) override {
      std::size_t count = 0;
      if (!line.starts_with("have ") || std::from_chars(line.data() + 5, line.data() + line.size(), count).ec != std::errc())
        return transport().abortConnection();
      setTimeout(kQuiet);
      waits_ = false;
      // A server that lost its memory has fewer entries than it had.
      diary_.stored_ = std::min(count, diary_.entries_.size());
      diary_.delay_ = kFirstDelay;
      sendNext();
    }
    void sendNext() {
      if (!waits_ && diary_.stored_ < diary_.entries_.size()) ask("entry " + diary_.entries_[diary_.stored_]);
    }

   private:
    void ask(const std::string& line) {
      waits_ = true;
      sendLine(line);
      setTimeout(kPatience);
    }
    void timeoutConnection() override {
      if (waits_) transport().abortConnection();  // loseConnection would wait for an answer, too
      else ask("diary " + diary_.name_);
    }

    DiaryClient& diary_;
    bool waits_ = false;
  };

  void comeBack(Connector& connector) {
    if (stopped_) return;
    const auto keep = std::static_pointer_cast<Connector>(connector.shared_from_this());
    again_ = clock_.callLater(delay_, [keep] { keep->connect(); });
    delay_ = std::min(2 * delay_, kLongestDelay);
  }

  Clock& clock_;
  const std::string name_;
  std::vector<std::string> entries_;
  std::size_t stored_ = 0;
  Line* line_ = nullptr;  // the connection, if there is one
  DelayedCall again_;
  Duration delay_ = kFirstDelay;
  bool stopped_ = false;
};

}  // namespace teasel::examples
