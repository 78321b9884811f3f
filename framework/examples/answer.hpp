#pragma once

#include <array>
#include <string_view>

#include <teasel/protocols/line_receiver.hpp>

namespace teasel::examples {

/// Knows the answer to one question.
class Answer : public LineReceiver {
 public:
  void lineReceived(std::string_view line) override {
    for (const auto& [question, answer] : kAnswers)
      if (line == question) return sendLine(answer);
    sendLine("I don't know what you mean");
  }

 private:
  struct Known {
    std::string_view question, answer;
  };
  static constexpr std::array kAnswers{Known{"How are you?", "Fine"}};
};

}  // namespace teasel::examples
