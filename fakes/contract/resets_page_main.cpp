// Prints docs/resets.md: resets_page > docs/resets.md

#include <cstdio>

#include "resets_page.hpp"

int main() { std::fputs(teasel::contract::resetsPage().c_str(), stdout); }
