#pragma once

/// Rows that need no other process.

namespace teasel::bench {

/// feed/<protocol>/<bytewise|64|1024|65536>
void addFeedRows();
/// deferred/<n>-callbacks: made, given n callbacks, fired and dropped.
void addDeferredRows();
/// timer/<add|cancel|fire>/<n>
void addTimerRows();
/// session/, delivery/ and exhaustive/: what a simulated session costs.
void addWorldRows();

}  // namespace teasel::bench
