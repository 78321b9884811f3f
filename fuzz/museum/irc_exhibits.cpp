// The exhibits of IRC: faults of Twisted's client and server, and one that clients of their own
// often have.

#include <algorithm>
#include <memory>
#include <string_view>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "exhibit.hpp"
#include "irc_lines.hpp"

namespace teasel::museum {
namespace {

using fakes::World;

constexpr std::string_view kIrcWords[] = {":a ", "NOTICE b :", "x", "\r\n", "\xE2\x82\xAC", "\x10n"};

bool nothingMore(World&, const props::Subject&) { return true; }

template <bool kFixed>
void noCommand(World& world) {
  check<IrcNoCommand<kFixed>>(world, &nothingMore);
}
TEASEL_EXHIBIT(irc_no_command, "a line that has a prefix and no command ends the connection", noCommand, oneConnection(kIrcWords))

template <bool kFixed>
void emptyNotice(World& world) {
  check<IrcEmptyNotice<kFixed>>(world, &nothingMore);
}
TEASEL_EXHIBIT(irc_empty_notice, "the first character of a notice without text", emptyNotice, oneConnection(kIrcWords))

template <bool kFixed>
void notText(World& world) {
  check<IrcNotText<kFixed>>(world, &nothingMore);
}
TEASEL_EXHIBIT(irc_not_text, "bytes that are not UTF-8 end the connection", notText, oneConnection(kIrcWords))

template <bool kFixed>
void noLimit(World& world) {
  props::Bounds bounds;
  bounds.bufferedBytes = IrcLines::kMost;
  bounds.buffered = [](const Protocol& protocol) { return static_cast<const IrcLines&>(protocol).waiting(); };
  props::Watch watch(world, bounds);
  const auto factory = Factory::forProtocol<IrcNoLimit<kFixed>>();
  factory->noisy = false;
  world.host().reactor().listenTCP(1, watch.over(factory));
  world.run();
  watch.finish();
}
TEASEL_EXHIBIT(irc_no_limit, "a line without an end is kept without a limit", noLimit, oneConnection(kIrcWords))

/// Serves Ps, and checks each line that they send: "MSG :text" of at most kLimit bytes.
template <class P>
void sendsLines(World& world) {
  check<P>(world, &nothingMore);
  std::string_view sent = world.peer(0).received().text();
  while (!sent.empty() && world.verdict() == nullptr) {
    const std::size_t end = std::min(sent.find("\r\n"), sent.size());
    std::string_view line = sent.substr(0, end);
    // A reset may have taken the second half of the last line end.
    if (end == sent.size() && line.ends_with('\r')) line.remove_suffix(1);
    world.check(line.size() <= IrcCharacters<true>::kLimit, "line-limit");
    world.check(std::string_view("MSG :").starts_with(line.substr(0, 5)) && line.find_first_of("\r\n") == std::string_view::npos,
                "injection");
    sent.remove_prefix(std::min(end + 2, sent.size()));
  }
}

template <bool kFixed>
void characters(World& world) {
  sendsLines<IrcCharacters<kFixed>>(world);
}
TEASEL_EXHIBIT(irc_characters, "the length of a line to send is counted in characters", characters, oneConnection(kIrcWords))

template <bool kFixed>
void injection(World& world) {
  sendsLines<IrcInjection<kFixed>>(world);
}
TEASEL_EXHIBIT(irc_injection, "a quoted line end of a peer becomes one in a line that is sent", injection,
               oneConnection(kIrcWords))

}  // namespace
}  // namespace teasel::museum
