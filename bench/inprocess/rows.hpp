#pragma once

/// Rows that need no other process.

namespace teasel::bench {

/// feed/<protocol>/<bytewise|64|1024|65536>
void addFeedRows();
/// timer/<add|cancel|fire>/<n>
void addTimerRows();

}  // namespace teasel::bench
