#pragma once

#include <string>

namespace teasel::fakes::detail {

/// The page docs/events.md: the tables of events, choice sites and faults as Markdown.
std::string tablesPage();

}  // namespace teasel::fakes::detail
