"""A campaign as SARIF 2.1.0, for code scanning. A finding has the same fingerprint in every
campaign, made of its target and bucket. Without findings there is a run without results, which
closes those of before."""
import os
import pathlib
import re

import report_junit

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Frames of a stack, as sanitizers write them, and the place of a check, as reports do.
FRAME = re.compile(r"^\s*#\d+ 0x[0-9a-f]+ (?:in )?.* (?P<path>/[^\s:]+):(?P<line>\d+)(?::\d+)?$", re.MULTILINE)
RULES = {
    "oracle": "A check of the scenario failed",
    "memory": "A memory error that AddressSanitizer found",
    "undefined": "Undefined behaviour",
    "timeout": "An input that takes too long",
    "memory-limit": "An input that takes too much memory",
    "leak": "Memory that is not freed",
    "abort": "The program aborted",
    "stack-overflow": "The stack overflowed",
    "exit": "The program ended itself",
}


def rule_of(finding):
    """What kind of fault it is: of a check its name, else the family of the bucket."""
    family, _, rest = finding.bucket.partition(":")
    return f"oracle/{rest.split(':')[0]}" if family == "oracle" else family


def relative(path, project):
    """A path below the project as a URI relative to it; None for another."""
    try:
        return pathlib.PurePath(os.path.realpath(path)).relative_to(os.path.realpath(project)).as_posix()
    except ValueError:
        return None


def place_of(finding, run, project):
    """(path, line): the uppermost frame of the project's own in what the program said, else where
    the scenario begins."""
    output = ""
    try:
        output = (finding.folder / "output.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        pass
    for match in FRAME.finditer(output) if not finding.bucket.startswith("oracle:") else ():
        path = relative(match.group("path"), project)
        if path:
            return path, int(match.group("line"))
    begin = re.compile(rf"^[ \t]*\w+\(\s*{re.escape(run.target.scenario)}\s*,", re.MULTILINE)
    for source in run.target.sources:
        try:
            match = begin.search(pathlib.Path(source).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        path = relative(source, project)
        if match and path:
            return path, match.string.count("\n", 0, match.start()) + 1
    sources = [relative(source, project) for source in run.target.sources]
    return next((path for path in sources if path), "CMakeLists.txt"), 1


def result_of(finding, run, project, rules):
    path, line = place_of(finding, run, project)
    text = f"{finding.target}: {finding.bucket}\n{report_junit.report_of(finding)}"
    result = {
        "ruleId": rule_of(finding), "ruleIndex": rules.index(rule_of(finding)), "level": "error",
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": path, "uriBaseId": "%SRCROOT%"},
                                            "region": {"startLine": max(1, line)}}}],
        # The second is the one that GitHub reads.
        "partialFingerprints": {"teaselBucket/v1": finding.fingerprint, "primaryLocationLineHash": f"{finding.fingerprint[:16]}:1"},
        "properties": {"target": finding.target, "bucket": finding.bucket, "count": finding.count},
    }
    if finding.known:
        result["suppressions"] = [{"kind": "external", "justification": "accepted in the file of known findings"}]
    return result


def log(result):
    """The file, as what json.dump takes."""
    findings = [(finding, run) for run in result.runs for finding in run.findings.values()]
    rules = sorted({rule_of(finding) for finding, _ in findings})
    invocation = {"executionSuccessful": not result.errors, "exitCode": result.status()}
    told = [("error", error) for error in result.errors] + [("warning", warning) for warning in result.warnings()]
    if told:
        invocation["toolExecutionNotifications"] = [{"level": level, "message": {"text": text}} for level, text in told]
    return {
        "$schema": SCHEMA, "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "teasel", "rules": [
                {"id": rule, "shortDescription": {"text": RULES.get(rule.split("/")[0], "The program ended")},
                 "defaultConfiguration": {"level": "error"}} for rule in rules]}},
            "automationDetails": {"id": "teasel/fuzz/"},
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder of the project"}}},
            "columnKind": "utf16CodeUnits",
            "invocations": [invocation],
            "results": [result_of(finding, run, result.project, rules) for finding, run in findings],
        }],
    }
