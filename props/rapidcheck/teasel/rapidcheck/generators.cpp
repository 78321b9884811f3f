#include <teasel/rapidcheck/generators.hpp>

#include <algorithm>
#include <ostream>
#include <utility>

#include <rapidcheck/Random.h>
#include <rapidcheck/Seq.h>
#include <rapidcheck/seq/Create.h>
#include <rapidcheck/seq/Transform.h>
#include <rapidcheck/shrink/Shrink.h>
#include <rapidcheck/shrinkable/Transform.h>

#include <teasel/props/round_trip.hpp>

using namespace std::string_view_literals;

namespace teasel::rapidcheck {

using fakes::ChunkPlan;

namespace {

/// RapidCheck's random numbers as a stream of small draws. All of them come from one half of a
/// split generator.
class Dice {
 public:
  explicit Dice(const rc::Random& random) noexcept : random_(random) {}
  /// Below `bound`, which is at least 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_.next() % bound); }

 private:
  rc::Random random_;
};

char drawByte(Dice& dice) {
  static constexpr std::string_view kCommon = "aaaabcxyzABC0129 \r\n\r\n\0:,-"sv;
  const std::size_t draw = dice.below(kCommon.size() + 4);
  if (draw < kCommon.size()) return kCommon[draw];
  return static_cast<char>(static_cast<unsigned char>(dice.below(256)));
}

std::string drawBytes(Dice& dice, std::size_t count, const std::vector<std::string>& words = {}) {
  std::string bytes;
  while (bytes.size() < count) {
    if (!words.empty() && dice.below(4) == 0) bytes += words[dice.below(words.size())];
    else bytes += drawByte(dice);
  }
  bytes.resize(count);
  return bytes;
}

/// Texts that are easier to read than `bytes`. First smaller and smaller parts are left out, then
/// smaller and smaller parts are replaced by 'a', from the end. There are about four steps for each
/// byte; RapidCheck's removeChunks takes the square of the size.
class Simpler {
 public:
  explicit Simpler(std::string bytes) : bytes_(std::move(bytes)), span_(bytes_.size()), end_(bytes_.size()) {}

  rc::Maybe<std::string> operator()() {
    while (nextPart()) {
      const std::size_t to = std::exchange(end_, end_ - std::min(span_, end_));
      std::string next = bytes_;
      if (plain_) next.replace(end_, to - end_, to - end_, 'a');
      else next.erase(end_, to - end_);
      if (next != bytes_) return next;
    }
    return rc::Nothing;
  }

 private:
  bool nextPart() {
    if (end_ > 0) return true;
    end_ = bytes_.size();
    span_ /= 2;
    if (span_ == 0 && !std::exchange(plain_, true)) span_ = bytes_.size();
    return span_ > 0;
  }

  std::string bytes_;
  std::size_t span_, end_;
  bool plain_ = false;
};

rc::Seq<std::string> simpler(const std::string& bytes) { return rc::makeSeq<Simpler>(bytes); }

/// Most lengths are small. Each limit, and each neighbour of a limit, comes in one case of eight.
std::size_t drawLength(Dice& dice, std::size_t longest, int size) {
  switch (dice.below(8)) {
    case 0: return longest;
    case 1: return longest == 0 ? 0 : longest - 1;
    case 2: return std::min<std::size_t>(dice.below(2), longest);
    default: return std::min(dice.below(static_cast<std::size_t>(size) + 1), longest);
  }
}

bool isMadeFor(const std::vector<std::string>& messages, const MessageShape& shape) {
  return std::all_of(messages.begin(), messages.end(),
                     [&](const std::string& each) { return props::separable(each, shape.delimiter); });
}

/// Plans with fewer cuts: none, half of them, or one less. Also without the end of stream in the
/// last turn.
std::vector<ChunkPlan> calmer(const ChunkPlan& plan, std::size_t bytes) {
  static constexpr std::size_t kOneByOne = 64;
  std::vector<ChunkPlan> plans;
  const auto add = [&](ChunkPlan simpler) {
    if (plan.endsWithLast()) simpler = simpler.finWithLast();
    if (simpler != plan) plans.push_back(std::move(simpler));
  };
  const std::vector<std::size_t> cuts = plan.positions(bytes);
  const auto middle = cuts.begin() + static_cast<std::ptrdiff_t>(cuts.size() / 2);
  if (!cuts.empty()) add(ChunkPlan::whole());
  if (plan.endsWithLast()) plans.push_back(ChunkPlan::cutAt(cuts));
  if (cuts.size() > 1) {
    add(ChunkPlan::cutAt({cuts.begin(), middle}));
    add(ChunkPlan::cutAt({middle, cuts.end()}));
    for (std::size_t i = 0; i < std::min(cuts.size(), kOneByOne); ++i) {
      std::vector<std::size_t> fewer = cuts;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      add(ChunkPlan::cutAt(std::move(fewer)));
    }
  }
  return plans;
}

ChunkPlan drawPlan(Dice& dice, std::size_t bytes) {
  const std::size_t some = std::max<std::size_t>(bytes, 1);
  switch (dice.below(6)) {
    case 0: return ChunkPlan::whole();
    case 1: return ChunkPlan::bytewise();
    case 2: return ChunkPlan::every(1 + dice.below(some));
    case 3: return ChunkPlan::cutAt({dice.below(some)});
    default: return ChunkPlan::drawn(bytes, dice.below(~std::size_t{0}));
  }
}

}  // namespace

rc::Gen<std::string> byteStrings(const ByteShape& shape) {
  return [shape](const rc::Random& random, int size) {
    Dice dice(random);
    const std::size_t count = drawLength(dice, shape.longest, size);
    return rc::shrinkable::shrinkRecur(drawBytes(dice, count, shape.words), &simpler);
  };
}

rc::Gen<std::vector<std::string>> messages(const MessageShape& shape) {
  return [shape](const rc::Random& random, int size) {
    Dice dice(random);
    std::vector<std::string> made;
    for (std::size_t count = dice.below(shape.most + 1); count > 0; --count) {
      std::string message = drawBytes(dice, drawLength(dice, shape.longest, size));
      if (props::separable(message, shape.delimiter)) made.push_back(std::move(message));
    }
    return rc::shrinkable::shrinkRecur(std::move(made), [shape](const std::vector<std::string>& from) {
      return rc::seq::filter(rc::seq::concat(rc::shrink::removeChunks(from), rc::shrink::eachElement(from, &simpler)),
                             [shape](const std::vector<std::string>& each) { return isMadeFor(each, shape); });
    });
  };
}

rc::Gen<ChunkPlan> chunkPlans(std::size_t bytes) {
  return [bytes](const rc::Random& random, int) {
    Dice dice(random);
    ChunkPlan plan = drawPlan(dice, bytes);
    if (dice.below(4) == 0) plan = plan.finWithLast();
    return rc::shrinkable::shrinkRecur(std::move(plan),
                                       [bytes](const ChunkPlan& from) { return rc::seq::fromContainer(calmer(from, bytes)); });
  };
}

}  // namespace teasel::rapidcheck

void teasel::fakes::showValue(const ChunkPlan& plan, std::ostream& out) { out << plan.text(); }
