#!/usr/bin/env python3
"""Tests of triage.py on outputs as the sanitizers and libFuzzer write them."""
import pathlib
import tempfile
import unittest

import triage

OVERFLOW = """INFO: Seed: 1
=================================================================
==12==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011 at pc 0x55 bp 0x7f sp 0x7f
READ of size 1 at 0x602000000011 thread T0
    #0 0x5581 in __asan_memcpy (/build/line+0x12) (BuildId: ab)
    #1 0x5582 in std::char_traits<char>::copy(char*, char const*, unsigned long) /usr/include/c++/12/bits/char_traits.h:431:33
    #2 0x5583 in teasel::museum::KeptView<false>::lineReceived(std::basic_string_view<char, std::char_traits<char>>) /k.hpp:17:5
    #3 0x5584 in teasel::LineReceiver::process(teasel::ByteView) /src/line_receiver.cpp:100:3
    #4 0x5585 in teasel::Connection::onData(teasel::Chunk&) /src/connection.cpp:90:3
    #5 0x5586 in teasel::fakes::SimDriver::poll(long) /src/sim_driver.cpp:12:3
    #6 0x5587 in main /src/main.cpp:1:1

0x602000000011 is located 0 bytes after 1-byte region
freed by thread T0 here:
    #0 0x5581 in free (/build/line+0x12)
"""
UNDEFINED = """/src/fuzz/targets/chat.cpp:31:12: runtime error: signed integer overflow: 2147483647 + 1
    #0 0x5581 in (anonymous namespace)::Chat::count(int) /src/fuzz/targets/chat.cpp:31:12
    #1 0x5582 in Chat::lineReceived(std::string_view)::'lambda0'(int)::operator()(int) const /src/fuzz/targets/chat.cpp:40:12
SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior
==99== ERROR: libFuzzer: deadly signal
    #0 0x1 in __sanitizer_print_stack_trace (/build/chat+0x1)
"""


class Buckets(unittest.TestCase):
    def test_a_verdict_is_named_by_its_oracle(self):
        output = "x\nteasel: finding oracle=chunk-invariance tape=/tmp/a.tape\n==1== ERROR: libFuzzer: deadly signal\n"
        self.assertEqual(triage.bucket(output), "oracle:chunk-invariance")

    def test_two_faults_of_one_oracle_are_two_buckets(self):
        output = "x\nteasel: finding oracle=chunk-invariance:log:text/number tape=/tmp/a.tape\n"
        self.assertEqual(triage.bucket(output), "oracle:chunk-invariance:log:text/number")
        self.assertEqual(triage.slug(triage.bucket(output)), "oracle-chunk-invariance-log-text-number")

    def test_an_accepted_oracle_has_all_its_faults_accepted(self):
        known = {"oracle:heap", "oracle:odd:capital", "memory:a"}
        self.assertTrue(triage.is_known("oracle:heap:x", known))
        self.assertTrue(triage.is_known("oracle:odd:capital", known))
        self.assertFalse(triage.is_known("oracle:odd:digit", known))
        self.assertFalse(triage.is_known("memory:a::b", known))

    def test_a_memory_error_is_named_by_the_targets_frames(self):
        self.assertEqual(triage.bucket(OVERFLOW),
                         "memory:teasel::museum::KeptView::lineReceived>teasel::LineReceiver::process>teasel::Connection::onData")

    def test_the_type_of_a_memory_error_is_no_part_of_its_name(self):
        for kind in ("heap-use-after-free", "SEGV", "use-after-poison", "attempting double-free"):
            with self.subTest(kind=kind):
                self.assertEqual(triage.bucket(OVERFLOW.replace("heap-buffer-overflow", kind)), triage.bucket(OVERFLOW))

    def test_undefined_behaviour_is_not_mistaken_for_the_abort_that_follows(self):
        self.assertEqual(triage.bucket(UNDEFINED).split(":")[0], "undefined")
        self.assertIn("Chat::count", triage.bucket(UNDEFINED))

    def test_lines_template_arguments_and_addresses_do_not_matter(self):
        other = OVERFLOW.replace("0x5583", "0x9999").replace(":17:5", ":99:1").replace("KeptView<false>", "KeptView<true, 3>")
        self.assertEqual(triage.bucket(other), triage.bucket(OVERFLOW))

    def test_a_fault_of_the_world_itself_is_named_by_the_worlds_frames(self):
        output = OVERFLOW.replace("museum::KeptView<false>::lineReceived", "fakes::RemotePeer::arrived")
        output = output.replace("teasel::LineReceiver::process", "teasel::fakes::Network::abort")
        output = output.replace("teasel::Connection::onData", "bool teasel::guarded<int>")
        self.assertTrue(triage.bucket(output).startswith("memory:teasel::fakes::RemotePeer::arrived>teasel::fakes::Network::abort"))

    def test_an_abort_is_named_by_who_called_it(self):
        output = ("==1== ERROR: libFuzzer: deadly signal\n    #0 0x1 in __sanitizer_print_stack_trace (/build/a+0x1)\n"
                  "    #1 0x2 in raise signal/../sysdeps/posix/raise.c:26:13\n    #2 0x3 in abort stdlib/abort.c:79:7\n"
                  "    #3 0x4 in Canary::dataReceived(teasel::ByteView) /src/exhibits.cpp:9:3\n")
        self.assertEqual(triage.bucket(output), "abort:Canary::dataReceived")

    def test_limits_of_the_engine(self):
        timeout = "==1== ERROR: libFuzzer: timeout after 10 seconds\n    #0 0x1 in Slow::run() /src/slow.cpp:1:1\n"
        self.assertEqual(triage.bucket(timeout), "timeout:Slow::run")
        self.assertEqual(triage.bucket("==1== ERROR: libFuzzer: out-of-memory (used: 2049Mb)\n"), "memory-limit:unknown")

    def test_an_output_without_error_has_no_bucket(self):
        self.assertIsNone(triage.bucket("INFO: Seed: 1\n#2 INITED cov: 1 ft: 1\n"))

    def test_a_bucket_is_a_folder_name(self):
        self.assertEqual(triage.slug("memory:a::b>c d"), "memory-a-b-c-d")

    def test_known_findings_are_lines_without_comments(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "line")
            self.assertEqual(triage.known_buckets(path), set())
            path.write_text("# accepted\noracle:a\n\nmemory:b>c  # since the beginning\n", encoding="utf-8")
            self.assertEqual(triage.known_buckets(path), {"oracle:a", "memory:b>c"})


    def test_a_file_of_known_findings_may_hold_any_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "line")
            path.write_bytes(b"oracle:a  # na\xefve\n")
            self.assertEqual(triage.known_buckets(path), {"oracle:a"})

if __name__ == "__main__":
    unittest.main()
