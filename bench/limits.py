"""The limits that the project sets for its rows. The table shows them beside the figures, and people judge them. No test does."""

import re

# Each entry: the rows, which of their figures is limited (the ratio, or the value in the row's unit), the direction, the bound.
AT_MOST, AT_LEAST = "at most", "at least"
LIMITS = [
    (r"echo/(epoll|poll|select)/64x64", "ratio", AT_MOST, 1.08),
    (r"echo-unix/epoll/64x64", "ratio", AT_MOST, 1.05),
    (r"echo/epoll/64x16384", "ratio", AT_MOST, 1.15),
    (r"syscalls/epoll/.*", "ratio", AT_MOST, 1.02),
    (r"idle/(epoll|poll|select)", "value", AT_MOST, 600),
    (r"idle/io_uring", "value", AT_MOST, 800),
    (r"file/.*", "ratio", AT_MOST, 0.5),
    (r"feed/irc/bytewise", "ratio", AT_MOST, 6),
    (r"feed/irc/65536", "ratio", AT_LEAST, 0.25),
    (r"feed/\w+/bytewise", "ratio", AT_MOST, 5),
    (r"feed/(line|lineonly|netstring|int16|int32|stateful)/65536", "ratio", AT_LEAST, 0.85),
    (r"session/world", "value", AT_MOST, 1000),
    (r"session/fresh-world", "value", AT_MOST, 2000),
    (r"delivery/world", "value", AT_MOST, 100),
    (r"exhaustive/16", "value", AT_MOST, 60),
    (r"fuzz/line/world-vs-direct", "ratio", AT_LEAST, 0.7),
    (r"fuzz/line/world-vs-direct-asan", "ratio", AT_LEAST, 0.5),
    (r"deferred/1-callbacks", "ratio", AT_MOST, 0.8),
    (r"deferred/10-callbacks", "ratio", AT_MOST, 0.9),
    (r"deferred/failure-(shared|new|text)", "ratio", AT_MOST, 2),
    (r"deferred/await-ready", "ratio", AT_MOST, 8),
    (r"deferred/list-1000", "ratio", AT_LEAST, 40),
    (r"timer/(add|cancel|fire)/\d+", "ratio", AT_MOST, 1),
    (r"timer/add/live/.*", "ratio", AT_MOST, 1),
]


def limit_of(row):
    """The limit of a row as text, and whether the row keeps it. Returns two Nones for a row without a limit."""
    for pattern, what, direction, bound in LIMITS:
        if re.fullmatch(pattern, row["name"]) and row[what] is not None:
            kept = row[what] <= bound if direction == AT_MOST else row[what] >= bound
            return f"{what} {direction} {bound:g}", kept
    return None, None
