#include <teasel/rapidcheck/plays.hpp>

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>

#include <rapidcheck/Random.h>
#include <rapidcheck/Seq.h>
#include <rapidcheck/seq/Create.h>
#include <rapidcheck/shrinkable/Transform.h>

#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/shrink.hpp>
#include <teasel/fakes/play/tape.hpp>

namespace teasel::rapidcheck {

using fakes::ChoiceRecord;
using fakes::Play;

namespace {

/// The simpler inputs of one input. They are made only as far as somebody asks for them. Copies of
/// a sequence share them.
class Steps {
 public:
  explicit Steps(Input from) : from_(std::move(from)) {}

  /// Null after the last one.
  const Input* at(std::size_t index) {
    while (index >= known_.size() && !complete_) {
      // They are made anew each time, four times as many. Most often one of the first is taken, and
      // the rest is never made.
      const std::size_t limit = std::max<std::size_t>(16, known_.size() * 4);
      known_ = detail::simpler(from_, limit);
      complete_ = known_.size() < limit;
    }
    return index < known_.size() ? &known_[index] : nullptr;
  }
  std::size_t count() const noexcept { return known_.size(); }

 private:
  Input from_;
  std::vector<Input> known_;
  bool complete_ = false;
};

/// All simpler inputs once around. It begins with `start`, the place of the last one that helped.
/// So shrinking goes through the passes in turn, and does not begin again with the first pass after
/// each success.
class Round {
 public:
  Round(std::shared_ptr<Steps> steps, std::size_t start) : steps_(std::move(steps)), start_(start), next_(start) {}

  rc::Maybe<rc::Shrinkable<Input>> operator()() {
    if (!wrapped_ && steps_->at(next_) == nullptr) {
      start_ = std::min(start_, steps_->count());
      next_ = 0;
      wrapped_ = true;
    }
    if (wrapped_ && next_ == start_) return rc::Nothing;
    const std::size_t index = next_++;
    return detail::shrinkable(*steps_->at(index), index);
  }

 private:
  std::shared_ptr<Steps> steps_;
  std::size_t start_, next_;
  bool wrapped_ = false;
};

/// An input whose choices come from a seed. It shrinks to the calm world first, then to the same
/// choices as records.
rc::Shrinkable<Input> shrinkableSeed(Input input, Recorder recorder) {
  return rc::shrinkable::shrink([input = std::move(input)] { return input; },
                                [recorder = std::move(recorder)](Input&& seeded) {
                                  std::vector<ChoiceRecord> records = recorder(seeded);
                                  const auto calm = detail::shrinkable({seeded.play});
                                  const auto recorded = detail::shrinkable({seeded.play, std::move(records)});
                                  return rc::seq::just(calm, recorded);
                                });
}

/// Play::draw with random numbers of RapidCheck.
Play drawPlay(rc::Random random, int size, const fakes::PlayShape& shape, const fakes::PlayLimits& limits) {
  fakes::PlayShape scaled = shape;
  scaled.events = static_cast<std::uint32_t>(1 + shape.events * static_cast<std::uint64_t>(size) / 50);
  scaled.bytes = static_cast<std::uint32_t>(1 + shape.bytes * static_cast<std::uint64_t>(size) / 50);
  fakes::Choices choices;
  choices.usePrng(random.next());
  return Play::draw(choices, scaled, limits);
}

}  // namespace

void showValue(const Input& input, std::ostream& out) {
  fakes::Tape tape;
  tape.play = input.play;
  tape.records = input.records;
  const std::string text = tape.print();
  out << std::string_view(text).substr(std::min(text.find("\n\n") + 2, text.size()));
  if (input.seed) out << "with choices of seed " << *input.seed << '\n';
}

std::vector<Input> detail::simpler(const Input& input, std::size_t limit) {
  // This test refuses every candidate. So it sees all that can be reached in one step.
  std::vector<Input> found;
  bool original = true;
  const fakes::InterestingnessTest judge = [&](const Play& play, std::span<const ChoiceRecord> records) -> std::string {
    if (std::exchange(original, false)) return "fails";
    found.push_back({play, {records.begin(), records.end()}});
    return "";
  };
  fakes::shrink(input.play, input.records, "fails", judge, {.runs = limit + 1});
  return found;
}

rc::Shrinkable<Input> detail::shrinkable(Input input, std::size_t start) {
  return rc::shrinkable::shrink(
      [input = std::move(input)] { return input; },
      [start](Input&& from) {
        return rc::Seq<rc::Shrinkable<Input>>(rc::makeSeq<Round>(std::make_shared<Steps>(std::move(from)), start));
      });
}

rc::Gen<Input> inputs(const fakes::Scenario& scenario, std::vector<Input> corpus, Recorder recorder) {
  const fakes::ScenarioOptions options = scenario.options();
  const auto shared = std::make_shared<const std::vector<Input>>(std::move(corpus));
  return [=, recorder = std::move(recorder)](const rc::Random& random, int size) {
    rc::Random rest = random;
    rc::Random dice = rest.split();
    Input input;
    const bool calm = dice.next() % 8 == 0;
    const std::uint64_t from = dice.next();
    if (!shared->empty() && from % 2 == 0) input = (*shared)[from / 2 % shared->size()];
    else input.play = drawPlay(rest.split(), size, options.shape, options.play);
    input.play.setVersion(fakes::kCodecVersion);  // a run made anew, by the newest rules
    if (calm) return detail::shrinkable(std::move(input));
    input.records.clear();
    input.seed = dice.next();
    return shrinkableSeed(std::move(input), recorder);
  };
}

rc::Gen<Play> plays(const fakes::PlayShape& shape, const fakes::PlayLimits& limits) {
  return [=](const rc::Random& random, int size) {
    return rc::shrinkable::map(detail::shrinkable({drawPlay(random, size, shape, limits)}),
                               [](Input&& input) { return std::move(input.play); });
  };
}

}  // namespace teasel::rapidcheck

void teasel::fakes::showValue(const Play& play, std::ostream& out) { PrintTo(play, &out); }
