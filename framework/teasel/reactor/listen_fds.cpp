#include <teasel/reactor/listen_fds.hpp>

#include <charconv>

#include <teasel/core/byte_view.hpp>

namespace teasel {

namespace {

/// A decimal number without sign and blanks.
std::optional<long> number(std::string_view text) noexcept {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  return value;
}

std::string quoted(std::string_view text) { return '"' + escaped(ByteView(text)) + '"'; }

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

ListenFDs::ListenFDs(std::optional<std::string_view> listenPid, std::optional<std::string_view> listenFds,
                     std::optional<std::string_view> names, long pid) {
  if (!listenPid || !listenFds) {
    why_ = std::string(listenPid ? "LISTEN_FDS" : "LISTEN_PID") + " is not set";
    return;
  }
  const auto forPid = number(*listenPid);
  if (!forPid) why_ = "LISTEN_PID is " + quoted(*listenPid) + ", which is no number";
  else if (*forPid != pid) why_ = "LISTEN_PID is " + std::to_string(*forPid) + ", and this process is " + std::to_string(pid);
  if (!why_.empty()) return;
  const auto count = number(*listenFds);
  if (!count || static_cast<unsigned long>(*count) > kMost) {
    why_ = "LISTEN_FDS is " + quoted(*listenFds) + ", which is no number from 0 to " + std::to_string(kMost);
    return;
  }
  if (*count == 0) {
    why_ = "LISTEN_FDS is 0";
    return;
  }
  std::vector<std::string> list;
  if (names) list = split(*names);
  if (names && list.size() != static_cast<std::size_t>(*count)) {
    why_ = "LISTEN_FDNAMES has " + std::to_string(list.size()) + " names for " + std::to_string(*count) + " sockets";
    return;
  }
  for (long i = 0; i < *count; ++i)
    sockets_.push_back({kFirst + static_cast<int>(i), names ? std::move(list[static_cast<std::size_t>(i)]) : "unknown"});
}

std::vector<int> ListenFDs::inheritedDescriptors() const {
  std::vector<int> descriptors;
  descriptors.reserve(sockets_.size());
  for (const Inherited& socket : sockets_) descriptors.push_back(socket.fd);
  return descriptors;
}

std::optional<int> ListenFDs::named(std::string_view name) const {
  for (const Inherited& socket : sockets_)
    if (socket.name == name) return socket.fd;
  return std::nullopt;
}

}  // namespace teasel
