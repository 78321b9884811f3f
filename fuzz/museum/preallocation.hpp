#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <teasel/props/event_log.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibit: memory is allocated for a declared length. "*3" announces three lines, and room for
/// them is made at once. So a few bytes take megabytes. hiredis has this fault (11 bytes of input
/// take 268 MB), and Redis had it (CVE-2021-32675).
template <bool kFixed>
class Preallocation : public LineReceiver {
 public:
  static constexpr std::size_t kMaxCount = std::size_t{1} << 20;

  explicit Preallocation(props::EventLog& log) : log_(log) {}

  void lineReceived(std::string_view line) override {
    if (missing_ == 0) return begin(line);
    lines_.emplace_back(line);
    if (--missing_ > 0) return;
    for (const std::string& each : lines_) log_.event("line", each);
    lines_.clear();
  }

 private:
  void begin(std::string_view line) {
    std::size_t count = 0;
    bool good = line.size() > 1 && line[0] == '*';
    for (std::size_t at = 1; good && at < line.size(); ++at) {
      good = line[at] >= '0' && line[at] <= '9' && count <= kMaxCount;
      count = count * 10 + static_cast<std::size_t>(line[at] - '0');
    }
    if (!good || count > kMaxCount) return transport().abortConnection();
    if constexpr (!kFixed) lines_.reserve(count);  // the fault: the lines may never come
    missing_ = count;
  }

  props::EventLog& log_;
  std::vector<std::string> lines_;
  std::size_t missing_ = 0;
};

}  // namespace teasel::museum
