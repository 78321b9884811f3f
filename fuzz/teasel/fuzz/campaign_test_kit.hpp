#pragma once

// A campaign without libFuzzer: an engine, a mutator, and a corpus that keeps what is new. It tests
// what mutations reach, in any build and with fixed seeds.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fuzz/engine.hpp>
#include <teasel/fuzz/mutator.hpp>

namespace teasel::fuzz::test {

/// Stands in for libFuzzer's own mutations: changes, inserts or removes a byte, from a counter.
class ByteChanges {
 public:
  void operator()(std::string& text, std::size_t limit) {
    const std::uint64_t random = fakes::detail::mix(++*count_ * fakes::detail::kGolden);
    const std::size_t at = text.empty() ? 0 : random % text.size();
    const auto byte = static_cast<char>(random >> 32);
    if (text.empty() || (random >> 40) % 3 == 0) text.insert(at, 1, byte);
    else if ((random >> 40) % 3 == 1 && text.size() > 1) text.erase(at, 1);
    else text[at] = byte;
    if (text.size() > limit) text.resize(limit);
  }

 private:
  std::shared_ptr<std::uint64_t> count_ = std::make_shared<std::uint64_t>(0);
};

class Campaign {
 public:
  static constexpr std::size_t kMaxSize = 512;

  /// The corpus begins with `seeds`, or with the empty input.
  explicit Campaign(const fakes::Scenario& scenario, std::vector<std::string> seeds = {})
      : engine_(scenario),
        mutator_(fakes::codecOf(scenario), ByteChanges(),
                 {.messageSize = scenario.options().messageSize,
                  .facts = [this](ByteView of) { return engine_.factsOf(of); },
                  .appOps = scenario.options().shape.appOps}),
        corpus_(std::move(seeds)) {
    if (corpus_.empty()) corpus_.emplace_back();
  }

  /// Runs `executions` inputs, five mutations from each input of the corpus, as libFuzzer does.
  /// Keeps an input where `isNew` says so of its run. Stops where `done` says so.
  void run(
      std::uint64_t executions, std::uint64_t seed, const std::function<bool()>& isNew,
      const std::function<bool()>& done = [] { return false; }) {
    std::uint64_t dice = seed;
    const auto next = [&dice] { return fakes::detail::mix(dice += fakes::detail::kGolden); };
    while (engine_.runs() < executions && !done()) {
      std::string input = corpus_[next() % corpus_.size()];
      for (int depth = 0; depth < 5 && engine_.runs() < executions && !done(); ++depth) {
        input = next() % 8 == 0 ? mutator_.crossed(input, corpus_[next() % corpus_.size()], kMaxSize, next())
                                : mutator_.mutated(input, kMaxSize, next());
        engine_.run(input);
        if (isNew()) corpus_.push_back(input);
      }
    }
  }

  Engine& engine() noexcept { return engine_; }
  const std::vector<std::string>& corpus() const noexcept { return corpus_; }

 private:
  Engine engine_;
  Mutator mutator_;
  std::vector<std::string> corpus_;
};

}  // namespace teasel::fuzz::test
