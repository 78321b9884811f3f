// A scenario without a protocol. Each line that connection 0 sends is read as an endpoint string:
// by EndpointString, by a plain parser that follows Twisted's, and by the kinds of endpoints.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <teasel/endpoints/endpoint_kinds.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::targets {
namespace {

using namespace std::string_view_literals;

/// Keeps the bytes that arrive.
class Reader final : public Protocol {
 public:
  explicit Reader(std::string& bytes) : bytes_(bytes) {}
  void dataReceived(ByteView data) override { bytes_.append(data.data(), data.size()); }

 private:
  std::string& bytes_;
};

/// A piece between colons: a value, or a key with a value.
using Piece = std::pair<std::optional<std::string>, std::string>;

/// Takes a string apart as twisted.internet.endpoints._parse does: the operators are ':' and '=',
/// and behind '=' only ':'. Nothing for a string that ends in a lone backslash.
std::optional<std::vector<Piece>> reference(std::string_view text) {
  std::vector<Piece> pieces(1);
  bool equals = true;  // '=' is an operator
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':') {
      pieces.emplace_back();
      equals = true;
    } else if (text[i] == '=' && equals) {
      pieces.back().first = std::exchange(pieces.back().second, {});
      equals = false;
    } else if (text[i] == '\\') {
      if (++i == text.size()) return std::nullopt;
      pieces.back().second += text[i];
    } else {
      pieces.back().second += text[i];
    }
  }
  return pieces;
}

std::vector<Piece> piecesOf(const EndpointString& string) {
  std::vector<Piece> pieces = {{std::nullopt, string.kind}};
  for (const EndpointString::Argument& each : string.arguments)
    pieces.emplace_back(each.hasKey ? std::optional(each.key) : std::nullopt, each.value);
  return pieces;
}

/// Whether parse must refuse these pieces.
bool impossible(const std::vector<Piece>& pieces) {
  if (pieces[0].first || pieces[0].second.empty() || pieces.size() > EndpointString::kMaxArguments + 1) return true;
  std::vector<std::string> keys;
  for (const Piece& each : pieces)
    if (each.first) keys.push_back(*each.first);
  std::sort(keys.begin(), keys.end());
  return (!keys.empty() && keys[0].empty()) || std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

class Check {
 public:
  Check(fakes::World& world, std::string_view text) : world_(world), text_(text) {}

  void all() {
    grammar();
    quoting();
    const auto server = made([&] { return serverFromString(reactor(), text_); });
    if (server != nullptr) listen(*server);
    made([&] { return clientFromString(reactor(), text_); });
  }

 private:
  Reactor& reactor() { return world_.host().reactor(); }

  void grammar() {
    const auto pieces = reference(text_);
    const bool fits =
        text_.size() <= EndpointString::kMaxSize && text_.find('\0') == std::string_view::npos && pieces && !impossible(*pieces);
    std::optional<EndpointString> parsed;
    try {
      parsed = EndpointString::parse(text_);
    } catch (const EndpointStringError& error) {
      sound(error);
    }
    if (!world_.check(parsed.has_value() == fits, "accepted") || !parsed) return;
    world_.check(piecesOf(*parsed) == *pieces, "taken-apart");
    const std::string printed = parsed->print();
    if (printed.size() > EndpointString::kMaxSize) return;
    const EndpointString again = EndpointString::parse(printed);
    world_.check(piecesOf(again) == piecesOf(*parsed), "round-trip");
    world_.check(again.print() == printed, "printed-twice");
  }

  void quoting() {
    const std::string string = "kind:" + quoteStringArgument(text_);
    if (string.size() > EndpointString::kMaxSize || text_.find('\0') != std::string_view::npos) return;
    const EndpointString parsed = EndpointString::parse(string);
    world_.check(parsed.arguments.size() == 1 && !parsed.arguments[0].hasKey && parsed.arguments[0].value == text_, "quoting");
  }

  /// An error points into the string, and its text is printable.
  void sound(const EndpointStringError& error) {
    world_.check(error.position() <= text_.size() && error.text() == text_ && !error.problem().empty(), "error");
    const std::string_view what = error.what();
    world_.check(std::all_of(what.begin(), what.end(), [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }), "error-text");
    world_.check(what.size() < 4 * EndpointString::kMaxSize + 2000, "error-size");
  }

  template <class Make>
  auto made(Make&& make) -> decltype(make()) {
    const std::size_t open = reactor().openResources();
    decltype(make()) endpoint;
    try {
      endpoint = make();
    } catch (const EndpointStringError& error) {
      sound(error);
    }
    world_.check(reactor().openResources() == open, "opened");
    return endpoint;
  }

  /// It listens, or fails with an error that says so.
  void listen(StreamServerEndpoint& endpoint) {
    auto factory = std::make_shared<Factory>();
    factory->noisy = false;
    const auto port = endpoint.listen(factory);
    if (!world_.check(port.hasResult(), "listen-waits")) return;
    Result<std::shared_ptr<Port>> result = port.take();
    if (!result.ok()) {
      world_.check(result.failure().check<CannotListenError, InvalidAddressError, UsageError>(), "listen-error");
      return;
    }
    auto stopped = (*result)->stopListening();
    world_.settle();
    world_.check(stopped.hasResult(), "stop-waits");
  }

  fakes::World& world_;
  std::string_view text_;
};

constexpr std::string_view kWords[] = {"tcp:80\n"sv,
                                       "tcp:80:interface=127.0.0.1\n"sv,
                                       "unix:/a:mode=660\n"sv,
                                       "haproxy:"sv,
                                       "adopted:3\n"sv,
                                       "systemd:index=0\n"sv,
                                       "tcp:h:1\n"sv,
                                       "\\:"sv,
                                       "\\"sv,
                                       ":"sv,
                                       "="sv,
                                       "\n"sv};

fakes::ScenarioOptions endpointStringsOptions() {
  fakes::ScenarioOptions options;
  options.introducer = std::nullopt;
  options.shape.words = kWords;
  options.shape.connections = 1;
  return options;
}

TEASEL_SCENARIO(endpoint_strings, "endpoint strings are taken apart as Twisted does it, and errors are typed",
                endpointStringsOptions()) {
  std::string bytes;
  world.host().reactor().listenTCP(1, Factory::forProtocol<Reader>(std::ref(bytes)));
  if (!world.run()) return;
  std::string_view rest = bytes;
  // A second world: the reactor of the first one has been shut down.
  fakes::World second;
  for (int lines = 0; lines < 64 && second.verdict() == nullptr; ++lines) {
    const std::size_t end = rest.find('\n');
    Check(second, rest.substr(0, end)).all();
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (second.verdict() != nullptr) world.fail(second.verdict()->oracle, second.verdict()->message, second.verdict()->site);
}

}  // namespace
}  // namespace teasel::targets
