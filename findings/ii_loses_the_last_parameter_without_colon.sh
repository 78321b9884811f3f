#!/usr/bin/env bash
# ii 1.8 (Debian 12, ii 1.8-3+ds+b1) takes the text of a message only from a last parameter with a
# colon. RFC 2812 makes the colon optional where the parameter is one word, and no client may tell
# the two forms apart.
#
# Why it matters: a server that writes the colon only where it must loses every message of one word,
# and each PING with a plain token gets a wrong answer. The user sees an empty line and no error.
# Seen: "PING token" is answered with "PONG (null)", "PRIVMSG #tea hello" is logged as "<bob> " with
# nothing behind it. Both are right with a colon.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -qq ii=1.8-3+ds+b1 libbsd0=0.11.7-2 libmd0=1.0.4-2 ||
  { echo "the pinned packages cannot be had" >&2; exit 2; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

# A server that greets the client, sends it both forms of two messages, and prints what it answers.
cat >server.py <<'PY'
import socket, subprocess
with socket.create_server(("127.0.0.1", 0)) as port:
    port.settimeout(10)
    client = subprocess.Popen(["root/usr/bin/ii", "-i", "home", "-s", "127.0.0.1", "-n", "ann",
                               "-p", str(port.getsockname()[1])], stdout=subprocess.DEVNULL)
    try:
        peer = port.accept()[0]
        peer.settimeout(10)
        answers = peer.makefile("r", newline="\r\n")
        while not answers.readline().startswith("USER "):
            pass
        for line in (":irc.example 001 ann :Welcome", ":ann!a@example JOIN #tea", ":bob!b@example PRIVMSG #tea hello",
                     ":bob!b@example PRIVMSG #tea :hello", "PING token", "PING :token"):
            peer.sendall(line.encode() + b"\r\n")
        for sent in ("PING token", "PING :token"):
            print(f"{sent} -> {answers.readline().rstrip()}")
    finally:
        client.kill()
        client.wait()
with open("home/127.0.0.1/#tea/out") as log:
    said = [line.rstrip("\n").partition(" ")[2] for line in log if "<bob>" in line]
for sent, logged in zip(("PRIVMSG #tea hello", "PRIVMSG #tea :hello"), said):
    print(f"{sent} -> '{logged}'")
PY
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu
timeout 60 env python3 server.py >seen
cat seen
diff - seen <<'END' >&2 || { echo "the behaviour has changed"; exit 1; }
PING token -> PONG (null)
PING :token -> PONG token
PRIVMSG #tea hello -> '<bob> '
PRIVMSG #tea :hello -> '<bob> hello'
END
