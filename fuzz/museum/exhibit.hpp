#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/harness.hpp>

/// Defines an exhibit and its twin: two scenarios that differ in the argument of `run`.
#define TEASEL_EXHIBIT(name, about, run, options)              \
  TEASEL_SCENARIO(name, about, options) { run<false>(world); } \
  TEASEL_SCENARIO(name##_fixed, "the same, fixed", options) { run<true>(world); }

namespace teasel::museum {

template <std::size_t N>
fakes::ScenarioOptions oneConnection(const std::string_view (&words)[N]) {
  fakes::ScenarioOptions options;
  options.play.connections = 1;
  options.shape.connections = 1;
  options.shape.words = words;
  return options;
}

/// Serves Ps in the world itself, for its trace. Then checks the property.
template <class P>
void check(fakes::World& world, bool (*property)(fakes::World& world, const props::Subject& subject)) {
  const props::Subject subject = [](Reactor&, props::EventLog& log) {
    if constexpr (std::is_constructible_v<P, props::EventLog&>) return std::make_shared<P>(log);
    else return std::make_shared<P>();
  };
  if (props::serve(world, subject)) property(world, subject);
}

}  // namespace teasel::museum
