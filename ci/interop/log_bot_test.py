#!/usr/bin/env python3
"""Teasel's log bot on ngircd, and on Teasel's own server. usage: log_bot_test.py FOLDER [TEST...]"""
import signal
import sys

import programs

CONFIGURATION = """[Global]
Name = irc.example
Info = a server for a test
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = Have some tea.
[Limits]
MaxConnectionsIP = 0
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
"""


class Bot(programs.Case):
    """What the bot does wherever it is. `self.port` is that of the server."""

    def begin(self):
        self.ann = self.client(self.port, "ann")
        self.ann.send("JOIN #tea")
        self.ann.sees(r" 366 ann #tea ")
        self.bot = self.run_bot()
        self.ann.sees(r"^:bot!\S+ JOIN :?#tea$")
        self.logs("[I have joined #tea]")

    def run_bot(self):
        log = self.folder / "log"
        return self.start(programs.examples() / "log_bot", "--port", self.port, "--channel", "#tea", "--nick", "bot", "--file", log,
                          "--wait", "1500")

    def logs(self, text, times=1):
        """Waits until the log has this text so often."""
        log = self.folder / "log"
        programs.wait_until(lambda: log.exists() and log.read_text(encoding="utf-8").count(text) >= times,
                            lambda: f"{text!r} in the log: {log.read_text(encoding='utf-8')!r}")

    def writes_down_what_is_said(self):
        self.begin()
        self.ann.send("PRIVMSG #tea :good morning")
        self.logs("] <ann> good morning")
        self.ann.send("PRIVMSG #tea :\x01ACTION yawns\x01")
        self.logs("] * ann yawns")
        self.ann.send("PRIVMSG #tea :bot: who are you?")
        self.ann.sees(r"^:bot!\S+ PRIVMSG #tea :ann: I am a log bot$")
        self.logs("] <bot> ann: I am a log bot")
        self.ann.send("PRIVMSG bot :psst")
        self.ann.sees(r"^:bot!\S+ (PRIVMSG|NOTICE) ann :It isn't nice to whisper!  Play nice with the group\.$")
        self.ann.send("NICK anna")
        self.logs("] ann is now known as anna")
        self.ann.send("KICK #tea bot :spilled it")
        self.logs("has kicked me from #tea: spilled it]")

    def comes_back(self, restart):
        self.begin()
        restart()
        self.logs("[disconnected at ")
        self.logs("[I have joined #tea]", 2)
        ann = self.client(self.port, "ann")
        ann.send("JOIN #tea")
        ann.send("PRIVMSG #tea :still here?")
        self.logs("] <ann> still here?")

    def takes_another_nick(self):
        other = self.client(self.port, "bot")
        self.run_bot()
        self.logs("[I have joined #tea]")
        other.send("ISON bot^")
        other.sees(r" 303 bot :?bot\^$")


class Ngircd(Bot):
    needs = ("ngircd",)

    def setUp(self):
        super().setUp()
        self.port = programs.free_port()
        (self.folder / "ngircd.conf").write_text(CONFIGURATION.format(port=self.port), encoding="utf-8")
        self.daemon = self.run_server()

    def run_server(self):
        return self.start(programs.where("ngircd"), "--nodaemon", "--config", self.folder / "ngircd.conf")

    def restart(self):
        self.daemon.process.send_signal(signal.SIGTERM)
        self.daemon.process.wait(programs.PATIENCE)
        self.daemon = self.run_server()

    def test_the_bot_writes_down_what_is_said(self):
        self.writes_down_what_is_said()

    def test_the_bot_comes_back_after_a_restart_of_the_server(self):
        self.comes_back(self.restart)

    def test_the_bot_takes_another_nick_when_its_own_is_taken(self):
        self.takes_another_nick()

    def test_the_bot_gives_up_when_there_is_no_server(self):
        self.begin()
        self.daemon.end()
        self.logs("[connection failed: ")
        self.assertEqual(self.bot.process.wait(programs.PATIENCE), 1)


class Own(Bot):
    def setUp(self):
        super().setUp()
        self.program, self.port = self.server()

    def restart(self):
        self.assertEqual(self.program.interrupt(), 0)
        self.program = self.start(programs.examples() / "irc_server", "--listen", f"tcp:{self.port}:interface=127.0.0.1")
        self.assertEqual(self.port_of(self.program), self.port)

    def test_the_bot_writes_down_what_is_said(self):
        self.writes_down_what_is_said()

    def test_the_bot_comes_back_after_a_restart_of_the_server(self):
        self.comes_back(self.restart)

    def test_the_bot_takes_another_nick_when_its_own_is_taken(self):
        self.takes_another_nick()


if __name__ == "__main__":
    sys.exit(programs.main())
