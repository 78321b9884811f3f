#include <teasel/fakes/play/shrink.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include <teasel/fakes/play/play_codec.hpp>

namespace teasel::fakes {
namespace {

/// An event that owns its bytes, so that it can be changed by itself.
struct CandidateEvent {
  PlayEvent event;
  std::string bytes;
  bool onConnection() const { return eventRow(event.kind).onConnection; }
  bool sends() const { return event.kind == PlayEventKind::kSend; }
};
/// An input that may show the failure, too.
struct Candidate {
  std::vector<CandidateEvent> events;
  std::vector<ChoiceRecord> records;
  unsigned version = 1;  // of the Play
};

Candidate candidateOf(const Play& play, std::span<const ChoiceRecord> records) {
  Candidate candidate;
  for (const PlayEvent& event : play.events()) candidate.events.push_back({event, play.bytes(event).str()});
  candidate.records.assign(records.begin(), records.end());
  normalise(candidate.records);
  candidate.version = play.version();
  return candidate;
}

Play playOf(const Candidate& candidate, const PlayLimits& limits) {
  Play play(limits);
  play.setVersion(candidate.version);
  for (const CandidateEvent& each : candidate.events) {
    if (each.sends()) play.send(each.event.connection, each.bytes);
    else play.append(play, each.event);
  }
  return play;
}

std::uint64_t oddity(char c) {
  if (c == 'a') return 0;
  if (c == '\0') return 1;
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f ? 2 : 3;
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a + b < a ? ~std::uint64_t{0} : a + b; }

std::uint64_t fingerprint(ByteView bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  return hash;
}

class Shrinker {
 public:
  Shrinker(const std::string& signature, const InterestingnessTest& interesting, ShrinkBudget budget, PlayLimits limits)
      : signature_(signature), interesting_(interesting), budget_(budget), limits_(limits) {}

  Shrunk run(const Play& play, std::span<const ChoiceRecord> records) {
    best_ = candidateOf(play, records);
    size_ = ShrinkSize::of(play, best_.records);
    Shrunk out;
    ++runs_;
    out.reproduced = interesting_(play, best_.records) == signature_;
    if (out.reproduced) {
      bool better = true;
      while (better && !spent_) better = round();
    }
    out.play = playOf(best_, limits_);
    out.records = best_.records;
    out.runs = runs_;
    out.complete = out.reproduced && !spent_;
    return out;
  }

 private:
  /// Makes one round of all passes. Returns whether a pass found something smaller.
  bool round() {
    const ShrinkSize before = size_;
    dropConnections();
    joinConnections();
    dropRecordsOf([](const ChoiceRecord& record) { return std::uint64_t{record.entity}; });
    dropRecordsOf([](const ChoiceRecord& record) { return std::uint64_t{record.site}; });
    dropRecordsOf([](const ChoiceRecord& record) { return (std::uint64_t{record.entity} << 16) | record.site; });
    dropSpans([](Candidate& candidate) -> auto& { return candidate.events; });
    dropSpans([](Candidate& candidate) -> auto& { return candidate.records; });
    for (std::size_t i = 0; i < best_.events.size() && !spent_; ++i) {
      if (best_.events[i].sends()) dropBytes(i);
    }
    for (std::size_t i = 0; i < best_.records.size() && !spent_; ++i) lowerRecord(i);
    mergeRecords();
    for (std::size_t i = 0; i < best_.events.size() && !spent_; ++i) lowerOperands(i);
    renumberConnections();
    for (std::size_t i = 0; i < best_.events.size() && !spent_; ++i) plainBytes(i);
    return size_ < before;
  }

  /// Takes the candidate if it is smaller and fails in the same way. A candidate that was tried
  /// before is not run again.
  bool attempt(Candidate candidate) {
    if (spent_) return false;
    normalise(candidate.records);
    const Play play = playOf(candidate, limits_);
    const ShrinkSize size = ShrinkSize::of(play, candidate.records);
    if (!(size < size_)) return false;
    if (!tried_.insert(fingerprint(encode(play, candidate.records, codec()))).second) return false;
    if (runs_ >= budget_.runs) {
      spent_ = true;
      return false;
    }
    ++runs_;
    if (interesting_(play, candidate.records) != signature_) return false;
    best_ = candidateOf(play, candidate.records);  // the Play joins sends, adds connects
    size_ = size;
    return true;
  }

  CodecOptions codec() const { return {.limits = limits_, .records = ~std::size_t{0}}; }

  template <class F>
  bool change(F&& f) {
    Candidate candidate = best_;
    f(candidate);
    return attempt(std::move(candidate));
  }

  void dropConnections() {
    for (unsigned k = Play::kMaxConnections; k-- > 0;) {
      change([k](Candidate& candidate) {
        std::erase_if(candidate.events,
                      [k](const CandidateEvent& each) { return each.onConnection() && each.event.connection == k; });
      });
    }
  }

  /// Moves everything that one connection does to another connection.
  void joinConnections() {
    for (std::uint8_t k = Play::kMaxConnections; k-- > 1;) {
      for (std::uint8_t other = 0; other < k; ++other) {
        change([&](Candidate& candidate) {
          for (CandidateEvent& each : candidate.events) {
            if (each.onConnection() && each.event.connection == k) each.event.connection = other;
          }
        });
      }
    }
  }

  template <class F>
  void dropRecordsOf(F&& group) {
    std::set<std::uint64_t> groups;
    for (const ChoiceRecord& record : best_.records) groups.insert(group(record));
    for (const std::uint64_t one : groups) {
      change([&](Candidate& candidate) {
        std::erase_if(candidate.records, [&](const ChoiceRecord& record) { return group(record) == one; });
      });
    }
  }

  /// Deletes smaller and smaller spans of a list. It begins at the end, because later items depend
  /// on earlier ones.
  template <class F>
  void dropSpans(F&& list) {
    for (std::size_t span = list(best_).size(); span != 0; span /= 2) {
      for (std::size_t end = list(best_).size(); end != 0 && !spent_;) {
        const std::size_t from = end < span ? 0 : end - span;
        change([&](Candidate& candidate) {
          auto& items = list(candidate);
          items.erase(items.begin() + static_cast<std::ptrdiff_t>(from), items.begin() + static_cast<std::ptrdiff_t>(end));
        });
        // Whether the candidate was taken or not, the span before `from` comes next. Joining sends
        // may have made the list shorter than `from`.
        end = std::min(from, list(best_).size());
      }
    }
  }

  void dropBytes(std::size_t at) {
    for (std::size_t span = best_.events[at].bytes.size(); span != 0; span /= 2) {
      for (std::size_t end = best_.events[at].bytes.size(); end != 0 && !spent_;) {
        const std::size_t from = end < span ? 0 : end - span;
        change([&](Candidate& candidate) { candidate.events[at].bytes.erase(from, end - from); });
        // The send itself is gone.
        if (at >= best_.events.size() || !best_.events[at].sends()) return;
        end = std::min(from, best_.events[at].bytes.size());
      }
    }
  }

  void lowerRecord(std::size_t at) {
    const ChoiceRecord key = best_.records[at];
    while (!spent_ && at < best_.records.size() && sameKey(best_.records[at], key)) {
      const std::uint64_t now = best_.records[at].value;
      bool lowered = false;
      for (const std::uint64_t wanted : {std::uint64_t{1}, now / 2, now - now / 4, now - 1}) {
        if (wanted == 0 || wanted >= now) continue;
        lowered = change([&](Candidate& candidate) { candidate.records[at].value = wanted; });
        if (lowered) break;
      }
      if (!lowered) return;
    }
  }

  static bool sameKey(const ChoiceRecord& a, const ChoiceRecord& b) {
    return a.entity == b.entity && a.site == b.site && a.index == b.index;
  }

  /// Moves the values of two neighbours in a stream into one of them. That keeps a total that the
  /// failure needs, with one record less.
  void mergeRecords() {
    for (std::size_t i = 0; i + 1 < best_.records.size() && !spent_; ++i) {
      const ChoiceRecord& a = best_.records[i];
      const ChoiceRecord& b = best_.records[i + 1];
      if (a.entity != b.entity || a.site != b.site) continue;
      const std::uint64_t sum = plus(a.value, b.value);
      const bool first =
          change([&](Candidate& candidate) { candidate.records[i].value = sum, candidate.records[i + 1].value = 0; });
      if (!first) change([&](Candidate& candidate) { candidate.records[i].value = 0, candidate.records[i + 1].value = sum; });
    }
  }

  void lowerOperands(std::size_t at) {
    const auto has = [this, at] { return at < best_.events.size() && !best_.events[at].sends(); };
    if (has() && best_.events[at].onConnection()) {
      lowerValue(
          at, [](const PlayEvent& event) { return std::uint64_t{event.connection}; },
          [](PlayEvent& event, std::uint64_t value) { event.connection = static_cast<std::uint8_t>(value); });
    }
    for (std::size_t i = 0; i < kOperandTypes && has(); ++i) {
      const auto type = static_cast<OperandType>(i);
      lowerValue(
          at, [type](const PlayEvent& event) { return event.operand(type); },
          [type](PlayEvent& event, std::uint64_t value) { event.setOperand(type, value); });
    }
  }

  template <class Get, class Set>
  void lowerValue(std::size_t at, Get&& get, Set&& set) {
    for (bool lowered = true; lowered && !spent_;) {
      if (at >= best_.events.size()) return;  // it was joined to another event
      const std::uint64_t now = get(best_.events[at].event);
      lowered = false;
      for (const std::uint64_t wanted : {std::uint64_t{0}, std::uint64_t{1}, now / 2, now - now / 4, now - 1}) {
        if (now == 0 || wanted >= now) continue;
        lowered = change([&](Candidate& candidate) { set(candidate.events[at].event, wanted); });
        if (lowered) break;
      }
    }
  }

  /// Numbers the connections without gaps, in the order in which they come. Records that belong to
  /// a connection move with it.
  void renumberConnections() {
    change([](Candidate& candidate) {
      std::vector<int> number(Play::kMaxConnections, -1);
      int next = 0;
      for (CandidateEvent& each : candidate.events) {
        if (!each.onConnection()) continue;
        int& mapped = number[each.event.connection];
        if (mapped < 0) mapped = next++;
        each.event.connection = static_cast<std::uint8_t>(mapped);
      }
      for (CandidateEvent& each : candidate.events) {
        if (const int source = number[each.event.source()]; source >= 0)
          each.event.setOperand(OperandType::kConnection, static_cast<std::uint64_t>(source));
      }
      for (ChoiceRecord& record : candidate.records) {
        const std::uint32_t k = (record.entity - kPlayEntities) / 2;
        if (record.entity < kPlayEntities || k >= number.size() || number[k] < 0) continue;
        record.entity = kPlayEntities + 2 * static_cast<std::uint32_t>(number[k]) + (record.entity & 1u);
      }
    });
  }

  void plainBytes(std::size_t at) {
    if (!best_.events[at].sends()) return;
    for (const char plain : {'a', '\0'}) {
      for (std::size_t span = best_.events[at].bytes.size(); span != 0; span /= 2) {
        for (std::size_t from = 0; from < best_.events[at].bytes.size() && !spent_; from += span) {
          change([&](Candidate& candidate) {
            std::string& bytes = candidate.events[at].bytes;
            for (std::size_t i = from; i < std::min(bytes.size(), from + span); ++i) {
              if (oddity(bytes[i]) > oddity(plain)) bytes[i] = plain;
            }
          });
        }
      }
    }
  }

  const std::string& signature_;
  const InterestingnessTest& interesting_;
  ShrinkBudget budget_;
  PlayLimits limits_;
  Candidate best_;
  ShrinkSize size_;
  std::set<std::uint64_t> tried_;
  std::size_t runs_ = 0;
  bool spent_ = false;
};

}  // namespace

ShrinkSize ShrinkSize::of(const Play& play, std::span<const ChoiceRecord> records) {
  ShrinkSize size{.events = play.events().size(), .bytes = play.byteCount()};
  for (const ChoiceRecord& record : records) {
    if (record.value == 0) continue;
    ++size.nonZero;
    size.sum = plus(size.sum, record.value);
  }
  for (const PlayEvent& event : play.events()) {
    size.operands = plus(size.operands, event.connection);
    if (event.kind == PlayEventKind::kSend) {
      for (const char byte : play.bytes(event)) size.strangeness += oddity(byte);
    } else {
      for (const Operand& operand : eventRow(event.kind).operands)
        size.operands = plus(size.operands, event.operand(operand.type));
    }
  }
  return size;
}

Shrunk shrink(const Play& play, std::span<const ChoiceRecord> records, const std::string& signature,
              const InterestingnessTest& interesting, ShrinkBudget budget) {
  return Shrinker(signature, interesting, budget, play.limits()).run(play, records);
}

}  // namespace teasel::fakes
