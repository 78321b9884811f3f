#pragma once

/// Functions that add the rows that need no other process.

namespace teasel::bench {

/// feed/<protocol>/<bytewise|64|1024|65536>
void addFeedRows();
/// feed/irc/<bytewise|64|1024|65536>: messages of IRC, parsed
void addIrcRows();
/// deferred/: a Deferred made, given callbacks, fired and dropped; also failures, waits and joins
void addDeferredRows();
/// timer/<add|cancel|fire>/<n>, and timer/add/live/<n>/<library>
void addTimerRows();
/// session/, delivery/ and exhaustive/: the cost of a simulated session
void addWorldRows();

}  // namespace teasel::bench
