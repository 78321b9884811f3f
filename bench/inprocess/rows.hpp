#pragma once

/// Rows that need no other process.

namespace teasel::bench {

/// feed/<protocol>/<bytewise|64|1024|65536>
void addFeedRows();
/// deferred/: made, given callbacks, fired and dropped; failures, waits, joins.
void addDeferredRows();
/// timer/<add|cancel|fire>/<n>
void addTimerRows();
/// session/, delivery/ and exhaustive/: what a simulated session costs.
void addWorldRows();

}  // namespace teasel::bench
