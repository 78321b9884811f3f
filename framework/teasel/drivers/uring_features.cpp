#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/uring_feature_names.hpp>
#include <teasel/drivers/uring_driver.hpp>

namespace teasel {

namespace {

/// Reads a list of features. Adds those that it names to `named`.
UringFeatures read(std::string_view list, UringFeatures& named) {
  UringFeatures out = list.starts_with('-') ? UringFeatures{} : UringFeatures::none();
  for (bool more = true; more;) {
    const std::size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    std::string_view name = list.substr(0, comma);
    list.remove_prefix(more ? comma + 1 : list.size());
    const bool on = !name.starts_with('-');
    if (!on) name.remove_prefix(1);
    if (on && (name == "all" || name == "none" || name == "default")) {
      out = name == "all" ? UringFeatures::all() : name == "none" ? UringFeatures::none() : UringFeatures{};
      continue;
    }
    bool known = false;
    std::string names;
    for (const detail::UringFeatureName& feature : detail::kUringFeatureNames) {
      names += ", " + std::string(feature.name);
      if (feature.name != name) continue;
      known = true;
      out.*feature.member = on;
      named.*feature.member = on;
    }
    if (!known) throw UsageError("io_uring has no feature '" + std::string(name) + "'; known: all, none, default" + names);
  }
  return out;
}

}  // namespace

UringFeatures UringFeatures::fromText(std::string_view list) {
  UringFeatures named = none();
  return read(list, named);
}

std::string UringFeatures::text() const {
  if (*this == all()) return "all";
  if (*this == UringFeatures{}) return "default";
  std::string out;
  for (const detail::UringFeatureName& feature : detail::kUringFeatureNames)
    if (this->*feature.member) out += (out.empty() ? "" : ",") + std::string(feature.name);
  return out.empty() ? "none" : out;
}

UringOptions UringOptions::forFeatures(std::string_view list) {
  UringOptions options;
  options.features = read(list, options.required);
  return options;
}

}  // namespace teasel
