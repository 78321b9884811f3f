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
  /// These verdicts are ignored, so that a campaign goes on after it has found them: an oracle with
  /// all its faults, or one fault of it (fakes::Verdict::fault).
  std::vector<std::string> ignored;
  /// What is recorded of a run. Campaigns need nothing, because a finding is replayed with
  /// everything recorded.
  fakes::Trace::Mode trace = fakes::Trace::Mode::kOff;
};

/// What became of an input.
enum class InputOutcome : std::uint8_t {
  kQuiet,    ///< no verdict
  kIgnored,  ///< a verdict that is ignored; a corpus need not keep it
  kFinding,  ///< a verdict
};

/// Runs one scenario again and again on the bytes of a fuzzer. It uses one world, which keeps its
/// memory. It knows no fuzzer: the entry points of libFuzzer (fuzz_main.cpp) and tests use it in
/// the same way. The same bytes have the same outcome, whatever ran before.
class Engine {
 public:
  /// `scenario` must outlive the engine.
  explicit Engine(const fakes::Scenario& scenario, EngineOptions options = {});

  /// Makes a Play and choices from the bytes, and runs the scenario with them. Any bytes will do.
  InputOutcome run(ByteView bytes);

  const fakes::Scenario& scenario() const noexcept { return scenario_; }
  /// The world as the last run left it, with the verdict.
  fakes::World& world() noexcept { return world_; }
  /// The input of the last run as a tape: the decoded Play and choices, and the oracle of the
  /// verdict if there is one.
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
