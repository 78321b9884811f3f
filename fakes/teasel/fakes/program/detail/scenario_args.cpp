#include <teasel/fakes/program/detail/scenario_args.hpp>

#include <charconv>

#include <teasel/core/errors.hpp>

namespace teasel::fakes {

std::optional<std::string> Arguments::value(std::string_view name) {
  known_.emplace_back(name);
  std::optional<std::string> out;
  for (std::size_t i = 0; i < left_.size();) {
    const std::string_view argument = left_[i];
    if (argument == name) {
      if (i + 1 == left_.size()) throw UsageError(command_ + ": " + std::string(name) + " needs a value");
      out = left_[i + 1];
      left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(i), left_.begin() + static_cast<std::ptrdiff_t>(i + 2));
    } else if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
      out = std::string(argument.substr(name.size() + 1));
      left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return out;
}

std::optional<std::uint64_t> Arguments::number(std::string_view name) {
  const std::optional<std::string> text = value(name);
  if (!text) return std::nullopt;
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error != std::errc() || end != text->data() + text->size() || text->empty())
    throw UsageError(command_ + ": " + std::string(name) + " needs a number, not '" + *text + "'");
  return out;
}

bool Arguments::flag(std::string_view name) {
  known_.emplace_back(name);
  return std::erase(left_, name) != 0;
}

std::string Arguments::onlyPath(std::string_view what) {
  std::optional<std::string> out;
  for (std::size_t i = 0; i < left_.size();) {
    if (left_[i].starts_with('-')) {
      ++i;
      continue;
    }
    if (out) throw UsageError(command_ + ": one " + std::string(what) + ", not also '" + left_[i] + "'");
    out = left_[i];
    left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  finish();
  if (!out) throw UsageError(command_ + ": " + std::string(what) + " is missing");
  return *out;
}

void Arguments::finish() {
  if (left_.empty()) return;
  std::string options;
  for (const std::string& name : known_) options += (options.empty() ? "" : ", ") + name;
  throw UsageError(command_ + ": unknown argument '" + left_.front() + "'; options are: " + (options.empty() ? "none" : options));
}

}  // namespace teasel::fakes
