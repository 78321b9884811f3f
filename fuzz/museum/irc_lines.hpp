#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

#include "utf8_split.hpp"

// Exhibits of IRC. Twisted's client and server have these faults. What they share is how a stream
// is cut into lines.

namespace teasel::museum {

/// Cuts a stream into lines that end with LF, and takes a CR before it off.
class IrcLines : public Protocol {
 public:
  /// How many bytes may wait for the end of their line.
  static constexpr std::size_t kMost = 64;

  void dataReceived(ByteView data) override {
    for (const char byte : data) {
      if (byte != '\n') {
        if (waiting_.size() < most_) waiting_ += byte;
        continue;
      }
      if (!waiting_.empty() && waiting_.back() == '\r') waiting_.pop_back();
      const std::string line = waiting_;
      waiting_.clear();
      lineReceived(line);
    }
  }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 protected:
  virtual void lineReceived(const std::string& line) = 0;
  void setMost(std::size_t bytes) noexcept { most_ = bytes; }

 private:
  std::string waiting_;
  std::size_t most_ = kMost;
};

/// Takes the prefix off a line. Returns false when nothing follows it.
inline bool takePrefix(std::string_view& line) {
  if (!line.starts_with(':')) return !line.empty();
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  line.remove_prefix(space + 1);
  return !line.empty();
}

/// Exhibit: a line that has a prefix and no command (":foo") is taken apart without a look at its
/// end. The exception leaves dataReceived and ends the connection.
template <bool kFixed>
class IrcNoCommand : public IrcLines {
 public:
  explicit IrcNoCommand(props::EventLog& log) : log_(log) {}

 protected:
  void lineReceived(const std::string& line) override {
    std::string_view rest = line;
    if (!takePrefix(rest)) {
      if (kFixed || line.empty()) return;
      throw std::invalid_argument("not enough values to unpack");  // the fault
    }
    log_.event("message", rest);
  }

 private:
  props::EventLog& log_;
};

/// Exhibit: a notice without text. Its first character, which would tell CTCP, is looked at without
/// asking whether there is one.
template <bool kFixed>
class IrcEmptyNotice : public IrcLines {
 public:
  explicit IrcEmptyNotice(props::EventLog& log) : log_(log) {}

 protected:
  void lineReceived(const std::string& line) override {
    const std::size_t at = line.find("NOTICE ");
    if (at == std::string::npos) return;
    const std::size_t colon = line.find(" :", at);
    const std::string text = colon == std::string::npos ? std::string() : line.substr(colon + 2);
    if (kFixed && text.empty()) return;
    // the fault: the text may be empty
    if (text.at(0) == '\x01') return log_.event("extended", text);
    log_.event("notice", text);
  }

 private:
  props::EventLog& log_;
};

/// Exhibit: bytes that are not UTF-8 are decoded without a plan for failure (twisted/twisted 9443).
template <bool kFixed>
class IrcNotText : public IrcLines {
 public:
  explicit IrcNotText(props::EventLog& log) : log_(log) {}

 protected:
  void lineReceived(const std::string& line) override {
    if (!kFixed && !isUtf8(line)) throw std::runtime_error("cannot decode the line");  // the fault
    log_.event("line", line);
  }

 private:
  props::EventLog& log_;
};

/// Exhibit: a line has no limit. A peer that sends no line end is kept in memory for ever.
template <bool kFixed>
class IrcNoLimit : public IrcLines {
 public:
  IrcNoLimit() {
    if (!kFixed) setMost(std::size_t{1} << 20);  // the fault
  }

 protected:
  void lineReceived(const std::string&) override {}
};

/// Exhibit: the length of a line to send is counted in characters. Characters of several bytes make
/// it too long, and servers cut it or close the connection.
template <bool kFixed>
class IrcCharacters : public IrcLines {
 public:
  static constexpr std::size_t kLimit = 24;  // without the line end

 protected:
  void lineReceived(const std::string& line) override {
    std::string piece = "MSG :";
    std::size_t size = piece.size();
    for (std::size_t at = 0; at < line.size();) {
      if (line[at] == '\r') {
        ++at;
        continue;
      }
      std::size_t end = at + 1;
      while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) ++end;
      const std::size_t more = kFixed ? end - at : 1;  // the fault
      if (kFixed && more > kLimit - 5) return;         // one character of nothing but tails
      if (size + more > kLimit) {
        transport().write(piece + "\r\n");
        piece = "MSG :";
        size = piece.size();
      }
      piece.append(line, at, end - at);
      size += more;
      at = end;
    }
    transport().write(piece + "\r\n");
  }
};

/// Exhibit: what a peer has sent goes into a line without a look at it. It is low-level quoted
/// ("\x10n" is LF), so the peer makes this client say a line of its choice.
template <bool kFixed>
class IrcInjection : public IrcLines {
 protected:
  void lineReceived(const std::string& line) override {
    std::string token;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (line[at] != '\x10' || at + 1 == line.size()) token += line[at];
      else token += line[++at] == 'n' ? '\n' : line[at] == 'r' ? '\r' : line[at];
    }
    for (char& byte : token)
      if (kFixed && (byte == '\r' || byte == '\n')) byte = ' ';
    // the fault, unless fixed
    transport().write("MSG :" + token.substr(0, IrcCharacters<true>::kLimit - 5) + "\r\n");
  }
};

}  // namespace teasel::museum
