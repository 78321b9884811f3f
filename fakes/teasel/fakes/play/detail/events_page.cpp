// Prints docs/events.md: events_page > docs/events.md

#include <cstdio>

#include <teasel/fakes/play/detail/tables_page.hpp>

int main() { std::fputs(teasel::fakes::detail::tablesPage().c_str(), stdout); }
