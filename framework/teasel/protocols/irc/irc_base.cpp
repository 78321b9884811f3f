#include <teasel/protocols/irc/irc_base.hpp>

#include <span>
#include <string>

#include <teasel/protocols/irc/detail/scan.hpp>

namespace teasel::irc {

// The delimiter is LF alone. The CR before it is taken off by the parser, as are several of them.
IRCProtocol::IRCProtocol() : LineOnlyReceiver("\n", kMaxLine - 1) {}

IRCProtocol::~IRCProtocol() = default;

void IRCProtocol::lineReceived(std::string_view line) {
  const Message::Parsed parsed = Message::parse(line);
  if (parsed) [[likely]]
    return messageReceived(parsed.message);
  if (parsed.fault == Fault::kEmpty) return;
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  refuseLine(line, parsed.fault, parsed.at);
}

void IRCProtocol::refuseLine(std::string_view line, Fault fault, std::size_t at) {
  ++badLines_;
  badMessage(line, fault, at);
}

void IRCProtocol::lineLengthExceeded(std::string_view line) {
  ++badLines_;
  lineTooLong(line);
}

void IRCProtocol::badMessage(std::string_view, Fault, std::size_t) {}

void IRCProtocol::lineTooLong(std::string_view) {}

void IRCProtocol::send(const MessageBuilder& message) {
  message.check();
  writeLine(message.line());
}

void IRCProtocol::sendCommand(std::string_view command, std::initializer_list<std::string_view> params) {
  send(builder().command(command).params(std::span(params.begin(), params.size())));
}

void IRCProtocol::sendLine(std::string_view line) {
  if (detail::hasIllegal(line)) throw FormatError(Fault::kIllegalByte, line);
  if (line.size() > kMaxLine - 2) throw FormatError(Fault::kTooLong, line);
  std::string whole;
  whole.reserve(line.size() + 2);
  whole.append(line).append("\r\n");
  writeLine(whole);
}

void IRCProtocol::writeLine(std::string_view line) { transport().write(line); }

}  // namespace teasel::irc
