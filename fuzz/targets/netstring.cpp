// A plain parser, a function of bytes, as a scenario: what feedable() is for.

#include <cstddef>

#include <teasel/fakes/feedable.hpp>
#include <teasel/fakes/scenario.hpp>

namespace teasel::targets {
namespace {

/// "5:hello," - the length, the bytes, a comma. After a fault it takes everything and says nothing more.
class NetstringParser {
 public:
  static constexpr std::size_t kMaxLength = 1000;

  std::size_t operator()(ByteView bytes) {
    if (broken_) return bytes.size();
    std::size_t at = 0, length = 0;
    for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9'; ++at) {
      if (at > 0 && length == 0) return fail(bytes);  // a leading zero
      length = length * 10 + static_cast<std::size_t>(bytes[at] - '0');
      if (length > kMaxLength) return fail(bytes);
    }
    if (at == bytes.size()) return 0;
    if (at == 0 || bytes[at] != ':') return fail(bytes);
    if (bytes.size() - at - 1 < length + 1) return 0;
    if (bytes[at + 1 + length] != ',') return fail(bytes);
    ++strings_;
    return at + length + 2;
  }

 private:
  std::size_t fail(ByteView bytes) {
    broken_ = true;
    return bytes.size();
  }
  bool broken_ = false;
  std::size_t strings_ = 0;
};

constexpr std::string_view kWords[] = {"0:,", "3:abc,", "12:", ","};

fakes::ScenarioOptions netstringOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.connections = 1;
  return options;
}

TEASEL_SCENARIO(netstring, "a netstring parser that is a plain function of bytes", netstringOptions()) {
  fakes::feedable(NetstringParser())(world);
}

}  // namespace
}  // namespace teasel::targets
