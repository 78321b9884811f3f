"""A campaign as a page of Markdown, for the summary of a CI job."""
import re

REPORTS, REPORT_LINES = 5, 60


def cell(text):
    """Text that stays within its cell."""
    return re.sub(r"([|\\`*_<>\[\]])", r"\\\1", " ".join(str(text).split()))


def fence(text):
    """A block that no line of the text can end."""
    longest = max((len(match) for match in re.findall(r"`{3,}", text)), default=2)
    return f"{'`' * (longest + 1)}\n{text}\n{'`' * (longest + 1)}"


def note_of(run):
    return "; ".join(filter(None, [run.note or run.error.partition("\n")[0], "warning" if run.warnings else ""]))


def verdict(result):
    new = [finding for finding in result.findings() if not finding.known]
    if new:
        return f"**{len(new)} new finding{'s' if len(new) > 1 else ''}**"
    if result.errors:
        return "**Something could not be done**"
    if result.warnings():
        return "**No new finding, and little was tested**"
    return "No new finding" if result.complete else "Stopped before its budget was used; no new finding so far"


def text(result):
    lines = ["## teasel fuzz", "", verdict(result), ""]
    lines += [f"- {cell(error.splitlines()[0])}" for error in result.errors] + ([""] if result.errors else [])
    lines += [f"- Warning: {cell(warning)}" for warning in result.warnings()] + ([""] if result.warnings() else [])
    if result.runs:
        lines += ["| target | executions | per second | coverage | corpus | new findings | known | note |",
                  "|---|--:|--:|--:|--:|--:|--:|---|"]
        for run in result.runs:
            new = len(run.new_findings())
            lines.append(f"| {cell(run.target.name)} | {run.executions():,} | {run.rate():,.0f} | {run.coverage} | {run.corpus_size} | "
                         f"{new} | {len(run.findings) - new} | {cell(note_of(run))} |")
        lines.append("")
    else:
        lines += ["No target was fuzzed.", ""]
    for number, finding in enumerate(result.findings()):
        kind = "Known" if finding.known else "New"
        lines += [f"### {kind} finding in {cell(finding.target)}: {cell(finding.bucket)}", "",
                  f"Replay: `{finding.how}`", ""]
        report = finding.folder / "report.txt"
        if number < REPORTS and not finding.known and report.is_file():
            shown = report.read_text(encoding="utf-8", errors="replace").splitlines()[:REPORT_LINES]
            lines += ["<details><summary>Report</summary>", "", fence("\n".join(shown)), "", "</details>", ""]
    return "\n".join(lines)
