#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibit: a view that is kept past its callback. "name X" remembers X by its view. Every other
/// line is answered with that name, and by then the bytes may be gone. In one chunk it works.
template <bool kFixed>
class KeptView : public LineReceiver {
 public:
  void lineReceived(std::string_view line) override {
    if (line.starts_with("name ")) name_ = line.substr(5);
    else sendLine(std::string(name_) + ": " + std::string(line));
  }

 private:
  std::conditional_t<kFixed, std::string, std::string_view> name_;
};

}  // namespace teasel::museum
