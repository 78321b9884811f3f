#pragma once

#include <concepts>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/sanitizers.hpp>
#include <teasel/props/harness.hpp>

namespace teasel::props {

/// A parser that reports. It gets the bytes that it has not consumed yet and a log, and returns how
/// many of the bytes it is done with. fakes::feedable is for parsers that report nothing.
template <class F>
concept LoggedFeedable = std::copy_constructible<F> && requires(F& parser, ByteView bytes, EventLog& log) {
  { parser(bytes, log) } -> std::convertible_to<std::size_t>;
};

/// A property as a function of the two things that every property needs.
using Property = bool (*)(fakes::World& world, const Subject& subject);

namespace detail {

/// Keeps what the parser has not consumed, and calls it again as long as it consumes something.
template <LoggedFeedable F>
class LoggedFeed final : public Protocol {
 public:
  LoggedFeed(EventLog& log, F parser) : log_(log), parser_(std::move(parser)) {}

  void dataReceived(ByteView data) override {
    unread_.append(data.data(), data.size());
    std::size_t done = 0;
    while (done < unread_.size() && !transport().disconnecting() && !log_.ended()) {
      const ByteView rest = ByteView(unread_).sub(done);
      const std::size_t consumed = call(rest);
      if (consumed > rest.size())
        throw UsageError("the parser says that it consumed " + std::to_string(consumed) + " of " + std::to_string(rest.size()) +
                         " bytes");
      if (consumed == 0) break;
      done += consumed;
    }
    unread_.erase(0, done);
    if (log_.ended()) transport().loseConnection();
  }
  void connectionLost(const Failure& reason) override {
    if constexpr (requires { parser_.end(log_); })
      if (!log_.ended() && reason.check<ConnectionDone>() != nullptr) parser_.end(log_);
  }

 private:
  std::size_t call(ByteView bytes) {
    if constexpr (!teasel::detail::kSanitized) return parser_(bytes, log_);
    // The block has exactly this size, so that AddressSanitizer sees a parser that reads beyond it.
    const std::unique_ptr<char[]> exact(new char[bytes.size()]);
    std::memcpy(exact.get(), bytes.data(), bytes.size());
    return parser_(ByteView(exact.get(), bytes.size()), log_);
  }
  EventLog& log_;
  F parser_;
  std::string unread_;
};

}  // namespace detail

/// Makes a subject from a parser `consume(ByteView, EventLog&) -> bytes consumed`. Each connection
/// gets a copy of `parser`. Whenever bytes arrive, it is called with all bytes that it has not
/// consumed, and again as long as it consumes some. A parser that has said its last word
/// (EventLog::last) is not called again, and its connection is closed. If the parser has a function
/// `end(EventLog&)`, it is called when the peer has ended the stream. To return more than it was
/// given throws UsageError.
template <LoggedFeedable F>
Subject feedable(F parser) {
  return [parser = std::move(parser)](Reactor&, EventLog& log) { return std::make_shared<detail::LoggedFeed<F>>(log, parser); };
}

/// Makes the function of a scenario: serves the parser in the world, and then checks the properties
/// one after the other, until one has a verdict.
///
///     TEASEL_SCENARIO(header, "parses headers") {
///       feedable(HeaderParser(), {chunkInvariance, exactlyOnce, boundedHeap})(world);
///     }
template <LoggedFeedable F>
auto feedable(F parser, std::initializer_list<Property> properties) {
  return [subject = feedable(std::move(parser)), all = std::vector<Property>(properties)](fakes::World& world) {
    if (!serve(world, subject)) return;
    for (const Property property : all)
      if (!property(world, subject)) return;
  };
}

}  // namespace teasel::props
