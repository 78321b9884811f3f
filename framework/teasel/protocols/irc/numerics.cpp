#include <teasel/protocols/irc/numerics.hpp>

namespace teasel::irc {

namespace {

struct Row {
  std::string_view name;
  Numeric number;
};
constexpr Row kRows[] = {
#define TEASEL_IRC_NUMERIC(name, number) {#name, name},
    TEASEL_IRC_NUMERICS(TEASEL_IRC_NUMERIC)
#undef TEASEL_IRC_NUMERIC
};

}  // namespace

std::string_view nameOfNumeric(int number) noexcept {
  for (const Row& row : kRows)
    if (row.number == number) return row.name;
  return {};
}

std::optional<Numeric> numericByName(std::string_view name) noexcept {
  for (const Row& row : kRows)
    if (row.name == name) return row.number;
  return std::nullopt;
}

bool isError(int number) noexcept { return (number >= 400 && number <= 599) || nameOfNumeric(number).starts_with("ERR_"); }

}  // namespace teasel::irc
