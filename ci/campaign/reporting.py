"""What a campaign says in the end: shrinks its findings and prints them and the table."""
import pathlib
import subprocess

from worker import MEMORY_MB, TIMEOUT_SECONDS, environment

SHRINK_SECONDS = 60
REPORTS_PRINTED, REPORT_LINES = 3, 120
# The statuses with which a program has not shown a finding: `replay` has one of its own.
NOTHING_BROKE, SHOWS_NOTHING = 0, 3


def shown(path):
    """A path as short as the reader can use it: relative to where they are, if below."""
    try:
        return str(path.relative_to(pathlib.Path.cwd()))
    except ValueError:
        return str(path)


def describe(finding):
    """Shrinks a finding, writes its tape and report, and finds the command that replays it."""
    def run(*command):
        try:
            return subprocess.run([shown(finding.program), *command], capture_output=True, text=True, errors="replace",
                                  env=environment(), timeout=SHRINK_SECONDS, check=False)
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
            finding.command = " ".join([shown(finding.program), *command])
            if done is not None:
                (finding.folder / "report.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
            return


def table(runs):
    """The lines of the table: one target each."""
    rows = [("target", "executions", "exec/s", "coverage", "corpus", "findings")]
    for run in runs:
        known = len(run.findings) - len(run.new_findings())
        findings = str(len(run.new_findings())) + (f" (+{known} known)" if known else "")
        rows.append((run.target.name, f"{run.executions():,}", f"{run.rate():,.0f}", str(run.coverage), str(run.corpus_size),
                     findings + (f"  {run.note}" if run.note else "")))
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
                  f"  replay {finding.command or 'it did not fail again when replayed; see output.txt there'}"]
    return lines
