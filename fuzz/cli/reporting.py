"""What a campaign says in the end: shrinks its findings and prints them and the table, and writes
reports for CI."""
import dataclasses
import pathlib
import shlex
import subprocess

import report_junit
import report_markdown
import report_sarif
import storage
from worker import MEMORY_MB, TIMEOUT_SECONDS, environment

CLEAN, FOUND, FAILED, STOPPED = 0, 1, 2, 3

SHRINK_SECONDS = 60
REPORTS_PRINTED, REPORT_LINES = 3, 120
# The statuses with which a program has not shown a finding: `replay` has one of its own.
NOTHING_BROKE, SHOWS_NOTHING = 0, 3


@dataclasses.dataclass
class Result:
    """What came of a campaign: what reports are made of."""
    runs: list = dataclasses.field(default_factory=list)
    errors: list = dataclasses.field(default_factory=list)  # what could not be done, a line or more each
    complete: bool = False  # every target has had its budget
    project: str = ""  # the folder of the sources

    def findings(self):
        """New ones first, by target and bucket."""
        return sorted((finding for run in self.runs for finding in run.findings.values()),
                      key=lambda finding: (finding.known, finding.target, finding.bucket))

    def warnings(self):
        """What programs said of their scenarios, a line each: such a target is not clean, though
        nothing was found."""
        return [f"{run.target.name}: {text}" for run in self.runs for text in run.warnings.values()]

    def status(self):
        """The exit status of the command."""
        if any(not finding.known for finding in self.findings()):
            return FOUND
        return FAILED if self.errors else CLEAN if self.complete else STOPPED

    def rows(self):
        """The rows of the table, for JSON."""
        return [{"name": run.target.name, "executions": run.executions(), "executions_per_second": round(run.rate(), 1),
                 "coverage": run.coverage, "corpus": run.corpus_size, "findings": len(run.new_findings()),
                 "known_findings": len(run.findings) - len(run.new_findings()), "used": round(run.used, 1),
                 "budget": round(run.planned, 1), "note": run.note, "error": run.error,
                 "warnings": list(run.warnings.values())} for run in self.runs]

    def as_json(self):
        return {"version": 1, "status": self.status(), "complete": self.complete, "errors": self.errors, "warnings": self.warnings(),
                "targets": self.rows(),
                "findings": [finding.row() for finding in self.findings()], "museum": []}


def write_reports(options, result):
    """The files that the options ask for. Gives the errors; one that cannot be written leaves the
    others alone."""
    errors = []
    for path, made in ((options.json, lambda: storage.write_json(options.json, result.as_json())),
                       (options.junit, lambda: storage.write(options.junit, report_junit.text(result))),
                       (options.sarif, lambda: storage.write_json(options.sarif, report_sarif.log(result))),
                       (options.markdown, lambda: storage.write(options.markdown, report_markdown.text(result)))):
        try:
            if path:
                made()
        except (OSError, storage.DiskFull) as error:
            errors.append(f"the report {path} could not be written: {error}")
    return errors


def shown(path):
    """A path as short as the reader can use it: relative to where they are, if below."""
    try:
        return str(path.relative_to(pathlib.Path.cwd()))
    except ValueError:
        return str(path)


def runnable(path):
    """The same of a program, as a shell takes it."""
    text = shown(path)
    return text if "/" in text else f"./{text}"


def describe(finding):
    """Shrinks a finding, writes its tape and report, and finds the command that replays it."""
    def run(*command):
        try:
            return subprocess.run([runnable(finding.program), *command], capture_output=True, text=True, errors="replace",
                                  env=environment(finding.sanitizer_options), timeout=SHRINK_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None
    finding.tape.unlink(missing_ok=True)
    run("shrink", shown(finding.input), "--scenario", finding.scenario, "-o", shown(finding.tape))
    # What only the whole process shows (a leak, too much memory) does not shrink: the input is
    # replayed as it is.
    commands = [["replay", shown(finding.tape)]] if finding.tape.is_file() else []
    limits = {"timeout": [f"-timeout={TIMEOUT_SECONDS}"], "memory-limit": [f"-rss_limit_mb={MEMORY_MB}"]}
    commands.append(["fuzz", "--scenario", finding.scenario, "-exact_artifact_path=/dev/null",
                     *limits.get(finding.bucket.split(":")[0], []), shown(finding.input)])
    for command in commands:
        done = run(*command)
        if done is None or done.returncode not in (NOTHING_BROKE, SHOWS_NOTHING):
            finding.command = shlex.join([runnable(finding.program), *command])
            if done is not None:
                storage.write(finding.folder / "report.txt", done.stdout + done.stderr)
            break
    finding.tried = True
    finding.save()


def table(runs):
    """The lines of the table: one target each."""
    rows = [("target", "executions", "exec/s", "coverage", "corpus", "findings")]
    for run in runs:
        known = len(run.findings) - len(run.new_findings())
        findings = str(len(run.new_findings())) + (f" (+{known} known)" if known else "")
        notes = [run.note, "WARNING" if run.warnings else "", "not fuzzed to the end" if run.error else ""]
        rows.append((run.target.name, f"{run.executions():,}", f"{run.rate():,.0f}", str(run.coverage), str(run.corpus_size),
                     "  ".join([findings, *filter(None, notes)])))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return ["  ".join([row[0].ljust(widths[0])] + [row[column].rjust(widths[column]) for column in range(1, 5)] + [row[5]])
            for row in rows]


def findings_of(runs):
    """The lines about findings, known ones last. The new ones have their reports, as long as there
    are few: a report has about fifty lines."""
    findings = sorted((finding for run in runs for finding in run.findings.values()), key=lambda finding: finding.known)
    lines = []
    for number, finding in enumerate(findings):
        report = finding.folder / "report.txt"
        kind = "known" if finding.known else "NEW"
        lines += ["", f"{kind} finding in {finding.target}: {finding.bucket} ({finding.count} times)"]
        # Without a tape the report is what a sanitizer prints: long, and there to be looked up.
        if number < REPORTS_PRINTED and not finding.known and finding.tape.is_file() and report.is_file():
            text = report.read_text(encoding="utf-8").splitlines()[:REPORT_LINES]
            lines += ["", *("  " + line for line in text), ""]
        lines += [f"  in     {shown(finding.folder)}",
                  f"  replay {finding.how}"]
    return lines
