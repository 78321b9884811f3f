#pragma once

#include <string>

namespace teasel::contract {

/// The text of docs/resets.md, from the table in reset_table.hpp.
std::string resetsPage();

}  // namespace teasel::contract
