#pragma once

#include <cctype>
#include <string>

#include <teasel/protocols/line_receiver.hpp>

namespace teasel::examples {

/// The smallest protocol worth testing: answers each line in capitals.
class Shout : public LineReceiver {
  void lineReceived(std::string_view line) override {
    std::string loud(line);
    for (char& c : loud) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    sendLine(loud);
  }
};

}  // namespace teasel::examples
