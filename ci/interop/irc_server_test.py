#!/usr/bin/env python3
"""Teasel's IRC server, used by irssi in a terminal and by ii through its FIFOs. usage: irc_server_test.py FOLDER [TEST...]"""
import contextlib
import os
import sys

import programs


class Irssi(programs.Case):
    needs = ("irssi",)

    def setUp(self):
        super().setUp()
        self.program, self.port = self.server("--motd", "Have some tea.")
        self.bob = self.client(self.port, "bob")
        self.bob.send("JOIN #tea")
        self.bob.sees(" 366 bob #tea ")
        self.ann = self.irssi("ann")

    def irssi(self, nick):
        # irssi holds its commands back, as many servers want that. This one takes them as they come.
        (self.folder / "config").write_text('settings = { "irc/core" = { cmd_queue_speed = "10msec"; cmds_max_at_once = "50"; }; };\n',
                                            encoding="utf-8")
        terminal = programs.Terminal(["irssi", f"--home={self.folder}", "--connect=127.0.0.1", f"--port={self.port}", f"--nick={nick}"],
                                     {"HOME": str(self.folder)})
        self.addCleanup(terminal.end)
        terminal.sees("Have some tea.")
        return terminal

    def test_registers_joins_talks_and_leaves(self):
        self.ann.type("/join #tea")
        self.bob.sees(r"^:ann!\S+@127\.0\.0\.1 JOIN #tea$")
        self.ann.sees("bob")
        self.ann.type("hello from irssi")
        self.bob.sees(r"^:ann!\S+ PRIVMSG #tea :hello from irssi$")
        self.bob.send("PRIVMSG #tea :hello from bob")
        self.ann.sees("hello from bob")
        self.ann.type("/me waves")
        self.bob.sees("PRIVMSG #tea :\x01ACTION waves\x01$")
        self.ann.type("/nick anna")
        self.bob.sees(r"^:ann!\S+ NICK :anna$")
        self.ann.type("/msg bob a whisper")
        self.bob.sees(r"^:anna!\S+ PRIVMSG bob :a whisper$")
        self.ann.type("/part #tea enough")
        self.bob.sees(r"^:anna!\S+ PART #tea :enough$")
        self.ann.type("/quit good-bye")
        self.assertEqual(self.ann.process.wait(programs.PATIENCE), 0)
        self.bob.send("ISON anna bob")
        self.bob.sees(r" 303 bob :bob$")

    def test_operates_a_channel(self):
        self.ann.type("/join #milk")
        self.ann.sees("Join to #milk was synced")
        self.bob.send("JOIN #milk")
        self.ann.sees("bob")
        for typed, seen in (("/topic Fresh milk", r"TOPIC #milk :Fresh milk$"), ("/mode #milk +m", r"MODE #milk \+m$"),
                            ("/voice bob", r"MODE #milk \+v bob$"), ("/devoice bob", r"MODE #milk -v bob$"),
                            ("/op bob", r"MODE #milk \+o bob$"), ("/deop bob", r"MODE #milk -o bob$"),
                            ("/mode #milk +k secret", r"MODE #milk \+k secret$"), ("/kick bob spilled", r"KICK #milk bob :spilled$")):
            self.ann.type(typed)
            self.bob.sees(seen)
        self.ann.type("/ban bob!*@*")
        self.ann.sees("+b")
        self.bob.send("JOIN #milk secret")
        self.bob.sees(r" 474 bob #milk ")
        self.ann.type("/unban bob!*@*")
        self.ann.sees("-b")
        self.ann.type("/mode #milk +i")
        self.ann.type("/invite bob")
        self.bob.sees(r"INVITE bob :#milk$")
        self.bob.send("JOIN #milk secret")
        self.bob.sees(r" 332 bob #milk :Fresh milk$")

    def test_shows_what_it_asks_for(self):
        self.ann.type("/join #tea")
        self.ann.sees("bob")
        self.bob.send("AWAY :making tea")
        self.ann.type("/window 1")
        for typed, seen in (("/whois bob", "making tea"), ("/who #tea", "End of /WHO list"), ("/list -yes", "#tea"), ("/motd", "Have some tea."), ("/lusers", "I have 2 clients"),
                            ("/version", "teasel-irc"), ("/away gone", "marked as being away"), ("/ping bob", "away")):
            self.ann.type(typed)
            self.ann.sees(seen)
        self.bob.sees("PRIVMSG bob :\x01PING ")

    def test_comes_under_another_nick_when_its_own_is_taken(self):
        second = self.irssi("bob")
        second.type("/join #tea")
        self.bob.sees(r"^:bob_!\S+ JOIN #tea$")

    def test_is_told_of_a_server_that_ends(self):
        self.ann.type("/join #tea")
        self.ann.sees("bob")
        self.ann.type("/window 1")
        self.assertEqual(self.program.interrupt(), 0)
        self.ann.sees("Connection lost to 127.0.0.1")


class Ii(programs.Case):
    needs = ("ii",)

    def setUp(self):
        super().setUp()
        self.fifos = {}

    def test_talks_through_its_fifos(self):
        _, port = self.server()
        bob = self.client(port, "bob")
        bob.send("JOIN #tea")
        bob.send("MODE #tea -t")
        self.start("ii", "-i", self.folder, "-s", "127.0.0.1", "-p", port, "-n", "ann", "-f", "Ann")
        home = self.folder / "127.0.0.1"
        programs.wait_until(lambda: "Welcome" in self.text(home / "out"), "the welcome in ii's log")
        self.write(home / "in", "/j #tea")
        bob.sees(r"^:ann!\S+ JOIN #tea$")
        channel = home / "#tea"
        programs.wait_until((channel / "in").exists, "the FIFO of the channel")
        self.write(channel / "in", "hello from ii")
        bob.sees(r"^:ann!\S+ PRIVMSG #tea :hello from ii$")
        bob.send("PRIVMSG #tea :hello from bob")
        programs.wait_until(lambda: "<bob> hello from bob" in self.text(channel / "out"), "bob's words in ii's log")
        self.write(channel / "in", "/t Earl Grey")
        bob.sees(r"^:ann!\S+ TOPIC #tea :Earl Grey$")
        self.write(home / "in", "/n anna")
        bob.sees(r"^:ann!\S+ NICK :anna$")
        bob.send("PRIVMSG anna :a whisper")
        programs.wait_until(lambda: "a whisper" in self.text(home / "bob" / "out"), "the whisper in ii's log")
        self.write(channel / "in", "/l enough")
        bob.sees(r"^:anna!\S+ PART #tea")

    @staticmethod
    def text(path):
        with contextlib.suppress(FileNotFoundError):
            return path.read_text(encoding="utf-8", errors="replace")
        return ""

    def write(self, fifo, line):
        """Writes a whole line. The FIFO stays open: what is written while ii opens it anew is lost."""
        if fifo not in self.fifos:
            self.fifos[fifo] = os.open(fifo, os.O_WRONLY)
            self.addCleanup(os.close, self.fifos[fifo])
        os.write(self.fifos[fifo], line.encode() + b"\n")


if __name__ == "__main__":
    sys.exit(programs.main())
