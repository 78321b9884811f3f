"""A campaign as JUnit XML: a case for each target. New findings are failures, what could not be
done are errors, accepted findings are told in the output. A target with a warning and nothing worse
is a skipped case: little of it was tested."""
import re
import xml.etree.ElementTree as xml

# What XML cannot hold, however it is written.
IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPORT_LINES = 120


def clean(text):
    return IMPOSSIBLE.sub("\ufffd", text)


def report_of(finding):
    """The beginning of the report of a finding, or how to replay it."""
    try:
        lines = (finding.folder / "report.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join([*lines[:REPORT_LINES], f"in {finding.folder}", f"replay: {finding.how}"])


def case_of(suite, run):
    case = xml.SubElement(suite, "testcase", classname="teasel.fuzz", name=clean(run.target.name), time=f"{run.seconds:.1f}")
    failures = errors = 0
    for finding in run.findings.values():
        if not finding.known:
            failures += 1
            element = xml.SubElement(case, "failure", message=clean(finding.bucket), type=clean(finding.bucket.split(":")[0]))
            element.text = clean(report_of(finding))
    if run.error:
        errors += 1
        xml.SubElement(case, "error", message=clean(run.error.splitlines()[0]), type="error").text = clean(run.error)
    skipped = bool(run.warnings) and not failures and not errors
    if skipped:
        xml.SubElement(case, "skipped", message=clean("warning: " + "; ".join(run.warnings.values())))
    known = [finding.bucket for finding in run.findings.values() if finding.known]
    said = f"{run.executions()} executions, coverage {run.coverage}, corpus {run.corpus_size}"
    xml.SubElement(case, "system-out").text = clean(said + "".join(f"\nknown finding: {bucket}" for bucket in known)
                                                      + "".join(f"\nwarning: {text}" for text in run.warnings.values()))
    return failures, errors, skipped


def text(result):
    """The file. One that has nothing to tell is valid, too."""
    suite = xml.Element("testsuite", name="teasel fuzz")
    failures = errors = skipped = 0
    for run in result.runs:
        of_run = case_of(suite, run)
        failures, errors, skipped = failures + of_run[0], errors + of_run[1], skipped + of_run[2]
    told = {run.error for run in result.runs}
    for number, error in enumerate(error for error in result.errors if error not in told):
        errors += 1
        case = xml.SubElement(suite, "testcase", classname="teasel.fuzz", name=f"campaign {number + 1}", time="0")
        xml.SubElement(case, "error", message=clean(error.splitlines()[0]), type="error").text = clean(error)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    suite.set("skipped", str(skipped))
    suite.set("time", f"{sum(run.seconds for run in result.runs):.1f}")
    suites = xml.Element("testsuites")
    suites.append(suite)
    xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(suites, encoding="unicode") + "\n"
