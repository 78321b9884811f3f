#include "bare.hpp"

#include <cstring>

namespace teasel::bench {
namespace {

class Adding final : public BareReceiver {
 public:
  void dataReceived(ByteView data) override { bytes_ += data.size(); }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<BareReceiver> makeBareReceiver() { return std::make_unique<Adding>(); }

void splitBare(ByteView data, Lines& lines) {
  const char* at = data.begin();
  while (at != data.end()) {
    const auto* end = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(data.end() - at)));
    if (end == nullptr) return;
    if (end != at && end[-1] == '\r') {
      ++lines.count;
      lines.bytes += static_cast<std::size_t>(end - at) - 1;
    }
    at = end + 1;
  }
}

}  // namespace teasel::bench
