#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include <teasel/core/sanitizers.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::fakes {

/// A plain parser. It gets the bytes that it has not consumed yet and returns how many of them it
/// is done with.
template <class F>
concept Feedable = std::copy_constructible<F> && requires(F& parser, ByteView bytes) {
  { parser(bytes) } -> std::convertible_to<std::size_t>;
};

namespace detail {

/// Keeps what the parser has not consumed, and calls it again as long as it consumes something.
template <Feedable F>
class FeedProtocol final : public Protocol {
 public:
  FeedProtocol(World& world, F parser) : world_(world), parser_(std::move(parser)) {}

  void dataReceived(ByteView data) override {
    unread_.append(data.data(), data.size());
    std::size_t done = 0;
    while (done < unread_.size() && !transport().disconnecting()) {
      const ByteView rest = ByteView(unread_).sub(done);
      const std::size_t consumed = call(rest);
      if (!world_.check(consumed <= rest.size(), "consumed-too-much")) return transport().abortConnection();
      if (consumed == 0) break;
      done += consumed;
    }
    unread_.erase(0, done);
  }

 private:
  std::size_t call(ByteView bytes) {
    if constexpr (!teasel::detail::kSanitized) return parser_(bytes);
    // The block has exactly this size, so that AddressSanitizer sees a parser that reads beyond it.
    const ChunkMemory::Held exact(world_.network().chunkMemory(), bytes);
    return parser_(exact.view());
  }
  World& world_;
  F parser_;
  std::string unread_;
};

template <Feedable F>
class FeedFactory final : public Factory {
 public:
  FeedFactory(World& world, F parser) : world_(world), parser_(std::move(parser)) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<FeedProtocol<F>>(world_, parser_); }

 private:
  World& world_;
  F parser_;
};

}  // namespace detail

/// Makes the function of a scenario from a parser `consume(ByteView) -> bytes consumed`. Each
/// connection gets a copy of `parser`. Whenever bytes arrive, it is called with all bytes that it
/// has not consumed, and again as long as it consumes some. To return more than it was given is a
/// verdict ("consumed-too-much"); an exception is one as well. props::feedable is for parsers that
/// report what they find: it also gives them a log, and checks properties.
///
///     TEASEL_SCENARIO(header, "parses headers") { feedable(HeaderParser())(world); }
template <Feedable F>
auto feedable(F parser) {
  return [parser = std::move(parser)](World& world) {
    world.host().reactor().listenTCP(1, std::make_shared<detail::FeedFactory<F>>(world, parser));
    world.run();
  };
}

}  // namespace teasel::fakes
