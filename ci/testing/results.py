"""Reads what CTest says and writes: which tests there are, how each ended, and why one was
skipped."""
import collections
import dataclasses
import json
import re
import xml.etree.ElementTree

# "  12/4022 Test   #12: Queue.HandsOutInOrder ......   Passed    0.01 sec". Where a test did not
# pass, there is "***Failed", "***Skipped" and the like, or "Subprocess aborted***Exception:".
RESULT = re.compile(r"^\s*\d+/\d+ Test\s+#\d+: (?P<name>.+?) \.*\s*(?:\*\*\*)?(?P<how>[A-Z].*?)\s+\d+\.\d+ sec\s*$")
START = re.compile(r"^\s+Start\s+\d+: (?P<name>.+?)\s*$")
CLOSING = re.compile(r"^\d+% tests passed, \d+ tests? failed out of \d+")
NO_REASON = "no reason was given"
UNLABELLED = "(none)"
# A failed test's output is kept until it is complete; what is longer is in the log.
BLOCK_LINES = 5000


def listed_tests(text):
    """The labels of each test by its name, from `ctest --show-only=json-v1`."""
    labels = {}
    for test in json.loads(text)["tests"]:
        values = [one["value"] for one in test.get("properties", []) if one["name"] == "LABELS"]
        labels[test["name"]] = values[0] if values else []
    return labels


class CTestReader:
    """Reads CTest's output with --output-on-failure, line by line. `outcomes` says how each test
    ended: passed, failed or skipped. `on_failure` gets what was said about a failed test, as soon
    as it is complete. `closing` is CTest's own summary, all of it. Only lines that name one of
    `names` are taken for CTest's: what a test prints may look like them."""

    def __init__(self, names, on_failure):
        self.names, self.on_failure = names, on_failure
        self.outcomes, self.closing = {}, []
        self.before, self.block = [], None

    def line(self, text):
        result, start = self.of_a_test(RESULT, text), self.of_a_test(START, text)
        if self.closing and (result or start):
            # Tests go on. What looked like the summary was printed by a test that runs CTest.
            self.on_failure("\n".join(self.closing).rstrip())
            self.closing = []
        if self.closing or CLOSING.match(text):
            self.end()
            self.closing.append(text)
        elif result:
            self.end()
            self.result(text, result)
        elif start:
            self.end()
            self.before = []
        else:
            lines = self.before if self.block is None else self.block
            if len(lines) < BLOCK_LINES:
                lines.append(text)

    def of_a_test(self, pattern, text):
        found = pattern.match(text)
        return found if found and found.group("name") in self.names else None

    def result(self, text, found):
        how = found.group("how")
        if how == "Passed":
            outcome = "passed"
        elif how.startswith(("Skipped", "Not Run (Disabled)")):
            outcome = "skipped"
        else:
            outcome = "failed"
            self.block = [*self.before, text]
        self.before = []
        self.outcomes[found.group("name")] = outcome

    def end(self):
        if self.block is not None:
            self.on_failure("\n".join(self.block).rstrip())
        self.block = None

    def count(self, outcome):
        return sum(each == outcome for each in self.outcomes.values())


def skip_reason(output):
    """Why a test was skipped, from what it printed: GoogleTest's GTEST_SKIP() << reason, Python's
    skipTest(reason), or a line `Skipped: reason`."""
    found = (re.search(r"^\S+:\d+: Skipped\n(.*?)(?:\n\n|\n\[|\Z)", output, re.MULTILINE | re.DOTALL)
             or re.search(r" skipped '(.*)'$", output, re.MULTILINE) or re.search(r' skipped "(.*)"$', output, re.MULTILINE)
             or re.search(r"^Skipped: (.*)$", output, re.MULTILINE))
    return (" ".join(found.group(1).split()) if found else "") or NO_REASON


def skip_reasons(path):
    """The reason of each skipped test by its name, from the file that ctest --output-junit
    wrote."""
    try:
        cases = xml.etree.ElementTree.parse(path).getroot().iter("testcase")
    except (OSError, xml.etree.ElementTree.ParseError):
        return {}
    reasons = {}
    for case in cases:
        if case.get("status") == "disabled":
            reasons[case.get("name")] = "disabled"
        elif case.get("status") == "notrun":
            reasons[case.get("name")] = skip_reason(case.findtext("system-out") or "")
    return reasons


@dataclasses.dataclass
class Row:
    """How the tests of one label ended."""
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def rows_by_label(labels, outcomes):
    """The rows by label, in the order of their names. A test counts in each of its labels."""
    rows = collections.defaultdict(Row)
    for name, outcome in outcomes.items():
        for label in labels.get(name) or [UNLABELLED]:
            setattr(rows[label], outcome, getattr(rows[label], outcome) + 1)
    return dict(sorted(rows.items()))


def summary(labels, outcomes, reasons):
    """A table by label, and the skipped tests by reason, the commonest first."""
    rows = rows_by_label(labels, outcomes)
    width = max([len(label) for label in rows] + [len("label")])
    lines = [f"{'label':{width}}  passed  failed  skipped"]
    lines += [f"{label:{width}}  {row.passed:>6}  {row.failed:>6}  {row.skipped:>7}" for label, row in rows.items()]
    skipped = collections.defaultdict(list)
    for name, outcome in outcomes.items():
        if outcome == "skipped":
            skipped[reasons.get(name, NO_REASON)].append(name)
    if skipped:
        lines += ["", "skipped:"]
    for reason, names in sorted(skipped.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines.append(f"{len(names):>6}  {reason} ({names[0]}{more})")
    return lines
