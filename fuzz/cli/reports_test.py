#!/usr/bin/env python3
"""Tests of what campaigns report to CI: JUnit XML, SARIF, Markdown, JSON.

With TEASEL_SARIF_SCHEMA=FILE (sarif-schema-2.1.0.json of OASIS) and the Python module jsonschema, SARIF is checked by its schema;
else by the table below, which holds the part of it that is used here."""
import json
import os
import pathlib
import tempfile
import types
import unittest
import xml.etree.ElementTree as xml

import report_junit
import report_markdown
import report_sarif
from reporting import CLEAN, FAILED, FOUND, STOPPED, Result, write_reports
from triage import Finding
from worker import Run, Target

# Objects of SARIF 2.1.0: the members that may be there, those that must be, and what each is.
TEXT = {"text": str}
LOCATION = {"physicalLocation": {"artifactLocation": {"uri": str, "uriBaseId": str}, "region": {"startLine": int}}}
RESULT = {"ruleId": str, "ruleIndex": int, "level": str, "message": TEXT, "locations": [LOCATION], "partialFingerprints": {str: str},
          "properties": {str: object}, "suppressions?": [{"kind": str, "justification": str}]}
INVOCATION = {"executionSuccessful": bool, "exitCode": int, "toolExecutionNotifications?": [{"level": str, "message": TEXT}]}
RULE = {"id": str, "shortDescription": TEXT, "defaultConfiguration": {"level": str}}
RUN = {"tool": {"driver": {"name": str, "rules": [RULE]}}, "automationDetails": {"id": str},
       "originalUriBaseIds": {str: {"description": TEXT}}, "columnKind": str, "invocations": [INVOCATION], "results": [RESULT]}
LOG = {"$schema": str, "version": str, "runs": [RUN]}


def differences(value, shape, where="log"):
    """Where a value is not of this shape."""
    if isinstance(shape, list):
        return [wrong for number, item in enumerate(value) for wrong in differences(item, shape[0], f"{where}[{number}]")] \
            if isinstance(value, list) else [where]
    if isinstance(shape, type):
        return [] if isinstance(value, shape) and not (shape is int and isinstance(value, bool)) else [where]
    if not isinstance(value, dict):
        return [where]
    if str in shape:
        return [wrong for key, item in value.items() for wrong in differences(item, shape[str], f"{where}.{key}")]
    known = {key.removesuffix("?"): (inner, key.endswith("?")) for key, inner in shape.items()}
    wrong = [f"{where}.{key} is unknown" for key in value.keys() - known.keys()]
    wrong += [f"{where}.{key} is missing" for key, (_, optional) in known.items() if key not in value and not optional]
    return wrong + [each for key, item in value.items() if key in known for each in differences(item, known[key][0], f"{where}.{key}")]


class Reports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name).resolve()
        source = self.path / "fuzz" / "line.cpp"
        source.parent.mkdir()
        source.write_text('#include "line.hpp"\n\nTEASEL_SCENARIO(lines, "text") {\n}\n', encoding="utf-8")
        target = Target("line", self.path / "line", "lines", "", "", 100, [], sources=("/elsewhere/a.cpp", str(source)))
        self.of_line = Run(target, self.path / "work", self.path / "findings", set())
        self.of_line.finished, self.of_line.seconds, self.of_line.coverage = 1234, 2.0, 56

    def finding(self, bucket="oracle:chunk-invariance:close:x/y", known=False, output="", report="FAILED line"):
        folder = self.path / "findings" / f"line-{len(self.of_line.findings)}"
        folder.mkdir(parents=True)
        (folder / "output.txt").write_text(output, encoding="utf-8")
        (folder / "report.txt").write_text(report, encoding="utf-8")
        finding = Finding("line", "lines", bucket, folder, self.path / "line", known, command="line replay a.tape")
        self.of_line.findings[bucket] = finding
        return finding

    def result(self, **more):
        return Result(**{"runs": [self.of_line], "complete": True, "project": str(self.path), **more})


class Files(Reports):
    def test_one_that_cannot_be_written_is_an_error_and_the_others_are_written(self):
        options = types.SimpleNamespace(json=pathlib.Path("/proc/nowhere/r.json"), junit=None, sarif=self.path / "r.sarif",
                                        markdown=self.path / "r.md")
        errors = write_reports(options, self.result())
        self.assertEqual(len(errors), 1)
        self.assertRegex(errors[0], "^the report /proc/nowhere/r.json could not be written: ")
        self.assertTrue((self.path / "r.sarif").is_file() and (self.path / "r.md").is_file())


class Sarif(Reports):
    def log(self, **more):
        log = json.loads(json.dumps(report_sarif.log(self.result(**more))))
        self.assertEqual(differences(log, LOG), [])
        return log

    def test_a_clean_campaign_is_a_run_without_results(self):
        log = self.log()
        self.assertEqual((log["version"], len(log["runs"])), ("2.1.0", 1))
        self.assertEqual((log["runs"][0]["results"], log["runs"][0]["invocations"]), ([], [{"executionSuccessful": True, "exitCode": 0}]))

    def test_a_failed_check_stands_where_its_scenario_begins(self):
        self.finding()
        result = self.log()["runs"][0]["results"][0]
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual((place["artifactLocation"]["uri"], place["region"]["startLine"]), ("fuzz/line.cpp", 3))
        self.assertEqual((result["ruleId"], result["level"]), ("oracle/chunk-invariance", "error"))
        self.assertIn("line replay a.tape", result["message"]["text"])

    def test_a_crash_stands_at_the_project_s_uppermost_frame(self):
        self.finding("memory:Line::parse", output=f"    #0 0x1 in memcpy /usr/lib/x.c:7\n    #1 0x2 in Line::parse(int) {self.path}/src/line.cpp:42:7\n"
                     f"    #2 0x2 in main {self.path}/src/main.cpp:9:1\n")
        place = self.log()["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        self.assertEqual((place["artifactLocation"]["uri"], place["region"]["startLine"]), ("src/line.cpp", 42))

    def test_fingerprints_are_those_of_the_bucket_and_differ_between_targets(self):
        first = self.finding()
        prints = self.log()["runs"][0]["results"][0]["partialFingerprints"]
        self.assertEqual(prints["teaselBucket/v1"], first.fingerprint)
        first.folder, first.count, first.command = self.path, 99, "another"
        self.assertEqual(self.log()["runs"][0]["results"][0]["partialFingerprints"], prints)
        first.target = "other"
        self.assertNotEqual(self.log()["runs"][0]["results"][0]["partialFingerprints"], prints)

    def test_an_accepted_finding_is_suppressed(self):
        self.finding(known=True)
        self.assertEqual(self.log()["runs"][0]["results"][0]["suppressions"][0]["kind"], "external")

    def test_each_kind_of_fault_is_a_rule_once(self):
        for bucket in ("oracle:a:x", "oracle:a:y", "leak:z", "unknown:status-9"):
            self.finding(bucket)
        run = self.log()["runs"][0]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        self.assertEqual(rules, ["leak", "oracle/a", "unknown"])
        self.assertEqual([rules[result["ruleIndex"]] for result in run["results"]], [result["ruleId"] for result in run["results"]])

    def test_what_could_not_be_done_is_told(self):
        invocation = self.log(errors=["line: is not there"], complete=False)["runs"][0]["invocations"][0]
        self.assertEqual((invocation["executionSuccessful"], invocation["exitCode"]), (False, 2))
        self.assertEqual(invocation["toolExecutionNotifications"][0]["message"]["text"], "line: is not there")

    def test_a_warning_is_told_and_is_no_failure(self):
        self.of_line.warn("97 % of the plays ended early")
        invocation = self.log()["runs"][0]["invocations"][0]
        self.assertEqual((invocation["executionSuccessful"], invocation["toolExecutionNotifications"]),
                         (True, [{"level": "warning", "message": {"text": "line: 97 % of the plays ended early"}}]))

    def test_another_shape_is_seen(self):
        log = report_sarif.log(self.result())
        log["runs"][0]["results"] = [{"ruleId": 7, "more": 1}]
        wrong = differences(log, LOG)
        self.assertIn("log.runs[0].results[0].ruleId", wrong)
        self.assertIn("log.runs[0].results[0].more is unknown", wrong)
        self.assertIn("log.runs[0].results[0].message is missing", wrong)

    def test_is_valid_by_its_schema(self):
        schema = os.environ.get("TEASEL_SARIF_SCHEMA")
        if not schema:
            self.skipTest("TEASEL_SARIF_SCHEMA does not say where the schema is")
        try:
            import jsonschema  # here, because only this test needs it
        except ImportError:
            self.skipTest("there is no jsonschema")
        self.finding()
        self.finding("memory:a", known=True)
        rules = json.loads(pathlib.Path(schema).read_text(encoding="utf-8"))
        validator = jsonschema.validators.validator_for(rules)(rules)
        self.of_line.warn("little was tested")
        for result in (self.result(), self.result(errors=["no"]), Result()):
            self.assertEqual([error.message for error in validator.iter_errors(report_sarif.log(result))], [])


class JUnit(Reports):
    def suite(self, **more):
        return xml.fromstring(report_junit.text(self.result(**more)).encode()).find("testsuite")

    def test_a_clean_target_is_a_case_that_passed(self):
        suite = self.suite()
        self.assertEqual({key: suite.get(key) for key in ("tests", "failures", "errors")}, {"tests": "1", "failures": "0", "errors": "0"})
        self.assertEqual((suite[0].get("name"), [child.tag for child in suite[0]]), ("line", ["system-out"]))

    def test_new_findings_are_failures_and_accepted_ones_are_told(self):
        self.finding()
        self.finding("oracle:old", known=True)
        suite = self.suite()
        self.assertEqual((suite.get("failures"), suite[0].find("failure").get("message")), ("1", "oracle:chunk-invariance:close:x/y"))
        self.assertIn("replay: line replay a.tape", suite[0].find("failure").text)
        self.assertIn("known finding: oracle:old", suite[0].find("system-out").text)

    def test_a_target_with_a_warning_is_skipped_and_not_passed(self):
        self.of_line.warn("97 % of the plays ended early")
        suite = self.suite()
        self.assertEqual((suite.get("skipped"), suite[0].find("skipped").get("message")), ("1", "warning: 97 % of the plays ended early"))
        self.finding()
        suite = self.suite()
        self.assertEqual((suite.get("skipped"), suite.get("failures")), ("0", "1"))
        self.assertIn("\nwarning: 97 %", suite[0].find("system-out").text)

    def test_bytes_that_xml_cannot_hold_do_not_spoil_it(self):
        self.finding(report="\x00\x1b[31m<&>]]>\ud7ff\ufffe")
        self.assertIn("<&>]]>", self.suite()[0].find("failure").text)

    def test_what_could_not_be_done_is_an_error_once(self):
        self.of_line.error = "line: was killed\nagain"
        suite = self.suite(errors=["line: was killed\nagain", "the disk is full"])
        self.assertEqual((suite.get("tests"), suite.get("errors")), ("2", "2"))


class Markdown(Reports):
    def text(self, **more):
        return report_markdown.text(self.result(**more))

    def test_says_first_how_it_ended(self):
        self.assertEqual(self.text().splitlines()[2], "No new finding")
        self.assertEqual(self.text(complete=False).splitlines()[2], "Stopped before its budget was used; no new finding so far")
        self.assertEqual(self.text(errors=["no"]).splitlines()[2], "**Something could not be done**")
        self.finding()
        self.assertEqual(self.text().splitlines()[2], "**1 new finding**")

    def test_has_a_row_for_each_target_and_the_report_of_a_new_finding(self):
        self.finding(report="``` in a report")
        text = self.text()
        self.assertIn("| line | 1,234 | 617 | 56 | 0 | 1 | 0 |  |\n", text)
        self.assertIn("````\n``` in a report\n````\n", text)
        self.assertIn("Replay: `line replay a.tape`\n", text)

    def test_a_target_with_a_warning_is_not_shown_as_clean(self):
        self.of_line.warn("97 % of the plays ended early")
        text = self.text()
        self.assertEqual(text.splitlines()[2], "**No new finding, and little was tested**")
        self.assertIn("- Warning: line: 97 % of the plays ended early\n", text)
        self.assertIn("| 0 | 0 | warning |\n", text)

    def test_names_cannot_break_the_table(self):
        self.of_line.note = "a|b\n<script>"
        self.assertIn("| a\\|b \\<script\\> |\n", self.text())


class Results(Reports):
    def test_the_status_says_what_matters_most(self):
        self.assertEqual(self.result().status(), CLEAN)
        self.assertEqual(self.result(complete=False).status(), STOPPED)
        self.assertEqual(self.result(errors=["no"]).status(), FAILED)
        self.finding(known=True)
        self.assertEqual(self.result().status(), CLEAN)
        self.finding("oracle:b")
        self.assertEqual(self.result(errors=["no"], complete=False).status(), FOUND)

    def test_each_file_that_is_asked_for_is_written(self):
        self.finding()
        paths = {name: self.path / "out" / name for name in ("json", "junit", "sarif", "markdown")}
        write_reports(types.SimpleNamespace(**paths), self.result())
        for path in paths.values():
            self.assertIn("chunk-invariance", path.read_text(encoding="utf-8"))
        row = json.loads(paths["json"].read_text(encoding="utf-8"))
        self.assertEqual((row["version"], row["status"], row["targets"][0]["findings"], row["findings"][0]["target"]), (1, 1, 1, "line"))
        write_reports(types.SimpleNamespace(json=None, junit=None, sarif=None, markdown=None), self.result())


if __name__ == "__main__":
    unittest.main()
