#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::fuzz {

struct EngineOptions {
  /// Name of the program, for tapes.
  std::string target;
  /// Oracles whose verdicts are passed over: a campaign goes on behind what it has found already.
  std::vector<std::string> ignored;
  /// What is recorded of a run. Campaigns need nothing: a finding is replayed with all of it.
  fakes::Trace::Mode trace = fakes::Trace::Mode::kOff;
};

/// What became of an input.
enum class InputOutcome : std::uint8_t {
  kQuiet,    ///< no verdict
  kIgnored,  ///< a verdict of an ignored oracle: not worth keeping in a corpus
  kFinding,  ///< a verdict
};

/// Runs one scenario again and again on a fuzzer's bytes, in one world that keeps its memory. Knows
/// no fuzzer: libFuzzer's entry points (fuzz_main.cpp) and tests drive it alike. The same bytes
/// have the same outcome, whatever ran before.
class Engine {
 public:
  /// `scenario` must outlive the engine.
  explicit Engine(const fakes::Scenario& scenario, EngineOptions options = {});

  /// Makes Play and choices of the bytes and runs the scenario with them. Any bytes will do.
  InputOutcome run(ByteView bytes);

  const fakes::Scenario& scenario() const noexcept { return scenario_; }
  /// The world as the last run has left it, verdict included.
  fakes::World& world() noexcept { return world_; }
  /// What was run last: the decoded Play and choices, with the verdict's oracle if there is one.
  fakes::Tape tape();

  std::uint64_t runs() const noexcept { return runs_; }

 private:
  void take(ByteView bytes);

  const fakes::Scenario& scenario_;
  EngineOptions options_;
  fakes::CodecOptions codec_;
  fakes::WorldOptions worldOptions_;
  fakes::World world_;
  std::vector<fakes::ChoiceRecord> records_;
  std::uint64_t runs_ = 0;
};

}  // namespace teasel::fuzz
