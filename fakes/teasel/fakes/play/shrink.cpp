#include <teasel/fakes/play/shrink.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include <teasel/fakes/play/play_codec.hpp>

namespace teasel::fakes {
namespace {

/// A candidate in a form that is easy to change: the steps own their bytes.
struct Step {
  PlayEvent event;
  std::string bytes;
};
struct Draft {
  std::vector<Step> steps;
  std::vector<ChoiceRecord> records;
};

Draft draftOf(const Play& play, std::span<const ChoiceRecord> records) {
  Draft draft;
  for (const PlayEvent& event : play.events()) draft.steps.push_back({event, play.bytes(event).str()});
  draft.records.assign(records.begin(), records.end());
  normalise(draft.records);
  return draft;
}

Play playOf(const Draft& draft, const PlayLimits& limits) {
  Play play(limits);
  for (const Step& step : draft.steps) {
    if (step.event.kind == PlayEventKind::kSend) play.send(step.event.connection, step.bytes);
    else play.append(play, step.event);
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
    best_ = draftOf(play, records);
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
  /// One round of all passes; whether any found something smaller.
  bool round() {
    const ShrinkSize before = size_;
    dropConnections();
    joinConnections();
    dropRecordsOf([](const ChoiceRecord& record) { return std::uint64_t{record.entity}; });
    dropRecordsOf([](const ChoiceRecord& record) { return std::uint64_t{record.site}; });
    dropRecordsOf([](const ChoiceRecord& record) { return (std::uint64_t{record.entity} << 16) | record.site; });
    dropSpans([](Draft& draft) -> auto& { return draft.steps; });
    dropSpans([](Draft& draft) -> auto& { return draft.records; });
    for (std::size_t i = 0; i < best_.steps.size() && !spent_; ++i) {
      if (best_.steps[i].event.kind == PlayEventKind::kSend) dropBytes(i);
    }
    for (std::size_t i = 0; i < best_.records.size() && !spent_; ++i) lowerRecord(i);
    mergeRecords();
    for (std::size_t i = 0; i < best_.steps.size() && !spent_; ++i) lowerOperands(i);
    renumberConnections();
    for (std::size_t i = 0; i < best_.steps.size() && !spent_; ++i) plainBytes(i);
    return size_ < before;
  }

  /// Takes the draft if it is smaller and fails in the same way. Known candidates are not run
  /// again.
  bool attempt(Draft draft) {
    if (spent_) return false;
    normalise(draft.records);
    const Play play = playOf(draft, limits_);
    const ShrinkSize size = ShrinkSize::of(play, draft.records);
    if (!(size < size_)) return false;
    if (!tried_.insert(fingerprint(encode(play, draft.records, codec()))).second) return false;
    if (runs_ >= budget_.runs) {
      spent_ = true;
      return false;
    }
    ++runs_;
    if (interesting_(play, draft.records) != signature_) return false;
    best_ = draftOf(play, draft.records);  // as the Play has it: joined sends, implied connects
    size_ = size;
    return true;
  }

  CodecOptions codec() const { return {.limits = limits_, .records = ~std::size_t{0}}; }

  template <class F>
  bool change(F&& f) {
    Draft draft = best_;
    f(draft);
    return attempt(std::move(draft));
  }

  void dropConnections() {
    for (unsigned k = Play::kMaxConnections; k-- > 0;) {
      change([k](Draft& draft) {
        std::erase_if(draft.steps, [k](const Step& step) { return addressed(step.event.kind) && step.event.connection == k; });
      });
    }
  }

  /// What one connection does, another does too.
  void joinConnections() {
    for (std::uint8_t k = Play::kMaxConnections; k-- > 1;) {
      for (std::uint8_t other = 0; other < k; ++other) {
        change([&](Draft& draft) {
          for (Step& step : draft.steps) {
            if (addressed(step.event.kind) && step.event.connection == k) step.event.connection = other;
          }
        });
      }
    }
  }

  static bool addressed(PlayEventKind kind) {
    return kind != PlayEventKind::kAdvance && kind != PlayEventKind::kNextTimer && kind != PlayEventKind::kApp;
  }

  template <class F>
  void dropRecordsOf(F&& group) {
    std::set<std::uint64_t> groups;
    for (const ChoiceRecord& record : best_.records) groups.insert(group(record));
    for (const std::uint64_t one : groups) {
      change(
          [&](Draft& draft) { std::erase_if(draft.records, [&](const ChoiceRecord& record) { return group(record) == one; }); });
    }
  }

  /// Deletes ever smaller spans of a list, from the end: what comes later depends on what came
  /// before.
  template <class F>
  void dropSpans(F&& list) {
    for (std::size_t span = list(best_).size(); span != 0; span /= 2) {
      for (std::size_t end = list(best_).size(); end != 0 && !spent_;) {
        const std::size_t from = end < span ? 0 : end - span;
        change([&](Draft& draft) {
          auto& items = list(draft);
          items.erase(items.begin() + static_cast<std::ptrdiff_t>(from), items.begin() + static_cast<std::ptrdiff_t>(end));
        });
        // Taken or not, what stands before `from` comes next; joining may have made the list
        // shorter than that.
        end = std::min(from, list(best_).size());
      }
    }
  }

  void dropBytes(std::size_t at) {
    for (std::size_t span = best_.steps[at].bytes.size(); span != 0; span /= 2) {
      for (std::size_t end = best_.steps[at].bytes.size(); end != 0 && !spent_;) {
        const std::size_t from = end < span ? 0 : end - span;
        change([&](Draft& draft) { draft.steps[at].bytes.erase(from, end - from); });
        // the send itself has gone
        if (at >= best_.steps.size() || best_.steps[at].event.kind != PlayEventKind::kSend) return;
        end = std::min(from, best_.steps[at].bytes.size());
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
        lowered = change([&](Draft& draft) { draft.records[at].value = wanted; });
        if (lowered) break;
      }
      if (!lowered) return;
    }
  }

  static bool sameKey(const ChoiceRecord& a, const ChoiceRecord& b) {
    return a.entity == b.entity && a.site == b.site && a.index == b.index;
  }

  /// Puts what two neighbours of a stream say into one of them: keeps a total that is needed, with
  /// one record less.
  void mergeRecords() {
    for (std::size_t i = 0; i + 1 < best_.records.size() && !spent_; ++i) {
      const ChoiceRecord& a = best_.records[i];
      const ChoiceRecord& b = best_.records[i + 1];
      if (a.entity != b.entity || a.site != b.site) continue;
      const std::uint64_t sum = plus(a.value, b.value);
      const bool first = change([&](Draft& draft) { draft.records[i].value = sum, draft.records[i + 1].value = 0; });
      if (!first) change([&](Draft& draft) { draft.records[i].value = 0, draft.records[i + 1].value = sum; });
    }
  }

  void lowerOperands(std::size_t at) {
    const auto stillThere = [this, at] { return at < best_.steps.size() && best_.steps[at].event.kind != PlayEventKind::kSend; };
    if (stillThere() && addressed(best_.steps[at].event.kind)) lowerField(at, &PlayEvent::connection);
    if (stillThere()) lowerField(at, &PlayEvent::op);
    if (stillThere() && best_.steps[at].event.kind == PlayEventKind::kEcho) lowerField(at, &PlayEvent::length);
    if (stillThere()) lowerField(at, &PlayEvent::number);
  }

  template <class T>
  void lowerField(std::size_t at, T PlayEvent::* field) {
    for (bool lowered = true; lowered && !spent_;) {
      if (at >= best_.steps.size()) return;  // it was joined to another
      const T now = best_.steps[at].event.*field;
      lowered = false;
      for (const std::uint64_t wanted :
           {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{now} / 2, now - std::uint64_t{now} / 4, std::uint64_t{now} - 1}) {
        if (now == 0 || wanted >= now) continue;
        lowered = change([&](Draft& draft) { draft.steps[at].event.*field = static_cast<T>(wanted); });
        if (lowered) break;
      }
    }
  }

  /// Connections are numbered without gaps, in the order in which they come; what was drawn for one
  /// goes with it.
  void renumberConnections() {
    change([](Draft& draft) {
      std::vector<int> number(Play::kMaxConnections, -1);
      int next = 0;
      for (Step& step : draft.steps) {
        if (!addressed(step.event.kind)) continue;
        int& mapped = number[step.event.connection];
        if (mapped < 0) mapped = next++;
        step.event.connection = static_cast<std::uint8_t>(mapped);
      }
      for (Step& step : draft.steps) {
        if (step.event.kind == PlayEventKind::kEcho && number[step.event.op] >= 0)
          step.event.op = static_cast<std::uint16_t>(number[step.event.op]);
      }
      for (ChoiceRecord& record : draft.records) {
        const std::uint32_t k = (record.entity - kPlayEntities) / 2;
        if (record.entity < kPlayEntities || k >= number.size() || number[k] < 0) continue;
        record.entity = kPlayEntities + 2 * static_cast<std::uint32_t>(number[k]) + (record.entity & 1u);
      }
    });
  }

  void plainBytes(std::size_t at) {
    if (best_.steps[at].event.kind != PlayEventKind::kSend) return;
    for (const char plain : {'a', '\0'}) {
      for (std::size_t span = best_.steps[at].bytes.size(); span != 0; span /= 2) {
        for (std::size_t from = 0; from < best_.steps[at].bytes.size() && !spent_; from += span) {
          change([&](Draft& draft) {
            std::string& bytes = draft.steps[at].bytes;
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
  Draft best_;
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
      size.operands = plus(plus(size.operands, event.number), std::uint64_t{event.op} + event.length);
    }
  }
  return size;
}

Shrunk shrink(const Play& play, std::span<const ChoiceRecord> records, const std::string& signature,
              const InterestingnessTest& interesting, ShrinkBudget budget) {
  return Shrinker(signature, interesting, budget, play.limits()).run(play, records);
}

}  // namespace teasel::fakes
