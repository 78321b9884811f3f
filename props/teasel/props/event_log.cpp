#include <teasel/props/event_log.hpp>

#include <algorithm>

namespace teasel::props {

void EventLog::record(std::string_view kind, ByteView bytes, bool part) {
  if (part && bytes.empty()) return;
  const bool merges = part && !entries_.empty() && entries_.back().part && entries_.back().kind == kind;
  if (merges) entries_.back().size += bytes.size();
  else entries_.push_back({kind, bytes_.size(), bytes.size(), part});
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  if (!part) ++events_;
  lastIsLatest_ = false;
  if (hook_) hook_(part);
}

void EventLog::recordLast(std::string_view kind, ByteView bytes) {
  if (ended() || kind.empty()) return;
  lastKind_ = kind;
  lastBytes_ = bytes.str();
  lastIsLatest_ = true;
  ++events_;
  if (hook_) hook_(false);
}

void EventLog::clear() noexcept {
  entries_.clear();
  bytes_.clear();
  events_ = 0;
  lastKind_ = {};
  lastBytes_.clear();
  lastIsLatest_ = false;
  hook_ = nullptr;
}

std::string EventLog::text(std::size_t at) const {
  std::string text(kind(at));
  if (entries_[at].size > 0) text += "[\"" + escaped(bytes(at), 60) + "\"]";
  return text;
}

std::string EventLog::lastText() const {
  if (!ended()) return "no last word";
  return std::string(lastKind_) + (lastBytes_.empty() ? "" : "[\"" + escaped(lastBytes_, 60) + "\"]");
}

std::string EventLog::latest() const {
  if (lastIsLatest_) return lastText();
  return entries_.empty() ? "nothing" : text(size() - 1);
}

std::string EventLog::text(std::size_t from, std::size_t limit) const {
  if (from >= size()) return "nothing";
  std::string all;
  for (std::size_t at = from; at < size() && at - from < limit; ++at) all += (at == from ? "" : "; ") + text(at);
  if (size() - from > limit) all += "; and " + std::to_string(size() - from - limit) + " more";
  return all;
}

std::size_t EventLog::firstDifference(const EventLog& a, const EventLog& b) noexcept {
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < common && a.kind(at) == b.kind(at) && a.bytes(at) == b.bytes(at)) ++at;
  return at;
}

bool EventLog::beginningOf(const EventLog& other) const noexcept {
  const std::size_t at = firstDifference(*this, other);
  if (at == size()) return true;
  const bool last = at + 1 == size() && at < other.size() && entries_[at].part && kind(at) == other.kind(at);
  return last && other.bytes(at).sub(0, bytes(at).size()) == bytes(at);
}

bool operator==(const EventLog& a, const EventLog& b) noexcept {
  return a.size() == b.size() && EventLog::firstDifference(a, b) == a.size() && EventLog::sameLast(a, b);
}

}  // namespace teasel::props
