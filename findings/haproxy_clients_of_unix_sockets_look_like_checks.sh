#!/usr/bin/env bash
# HAProxy 2.6.12 (Debian 12, haproxy 2.6.12-1+deb12u4) with send-proxy-v2: the connection of a
# client that came over a UNIX socket begins with LOCAL, the command for connections of the proxy
# itself. These are the same 16 bytes as in front of a health check. Version 1 (send-proxy) has it
# the other way round: a check has TCP4 and addresses like a client, and a UNIX client UNKNOWN.
#
# Why it matters: a server that leaves LOCAL connections out of its log or its counts, because it
# takes them for checks, misses real clients. One that reads version 1 logs each check as a client.
# Seen: version 2: check LOCAL, UNIX client LOCAL with its data behind. Version 1: check TCP4, UNIX
# client UNKNOWN with its data behind.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -qq haproxy=2.6.12-1+deb12u4 liblua5.3-0=5.3.6-2 \
  libopentracing-c-wrapper0=1.1.3-3+b1 libopentracing1=1.6.0-4 ||
  { echo "the pinned packages cannot be had" >&2; exit 2; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

# The server behind HAProxy. It gives HAProxy its two listening sockets, TCP and UNIX, and prints
# how the connections begin that HAProxy makes: a check, then one for a client of each socket.
cat >server.py <<'PY'
import os, socket, subprocess, sys
version, name = sys.argv[1], f"front{sys.argv[1]}"
environment = dict(os.environ, LD_LIBRARY_PATH="root/usr/lib/x86_64-linux-gnu")
back = socket.create_server(("127.0.0.1", 0))
back.settimeout(10)
tcp = socket.create_server(("127.0.0.1", 0))
unix = socket.socket(socket.AF_UNIX)
unix.bind(name)
unix.listen()
option = {"1": "send-proxy", "2": "send-proxy-v2"}[version]
with open(f"{name}.cfg", "w") as configuration:
    configuration.write(f"""global
  maxconn 20
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen front
  bind fd@{tcp.fileno()}
  bind fd@{unix.fileno()}
  server back 127.0.0.1:{back.getsockname()[1]} {option} check inter 200
""")

def next_connection(with_data):
    """All bytes of the next connection with a client's data, or without."""
    while True:
        connection, data = back.accept()[0], b""
        connection.settimeout(10)
        try:
            while piece := connection.recv(4096):
                data += piece
        except ConnectionResetError:  # the end of a check
            pass
        connection.close()
        if data.endswith(b"data") == with_data:
            return data

def text(data):
    if data.startswith(b"PROXY "):
        return " ".join(data.decode().splitlines()[0].split()[:2]) + (", data" if data.endswith(b"data") else "")
    command = {0x20: "LOCAL", 0x21: "PROXY"}[data[12]]
    size = 16 + int.from_bytes(data[14:16], "big")
    return f"{command} {data[:size].hex()[24:32]}" + (f", {data[size:].decode()}" if data[size:] else "")

proxy = subprocess.Popen(["root/usr/sbin/haproxy", "-db", "-q", "-f", f"{name}.cfg"], env=environment,
                         pass_fds=(tcp.fileno(), unix.fileno()))
try:
    print(f"version {version}, check: {text(next_connection(False))}")
    for kind, family, address in (("UNIX", socket.AF_UNIX, name), ("TCP", socket.AF_INET, tcp.getsockname())):
        with socket.socket(family) as client:
            client.connect(address)
            client.sendall(b"data")
        print(f"version {version}, {kind} client: {text(next_connection(True))}")
finally:
    proxy.kill()
    proxy.wait()
PY
for version in 2 1; do timeout 60 python3 server.py "$version"; done >seen
cat seen
diff - seen <<'END' >&2 || { echo "the behaviour has changed"; exit 1; }
version 2, check: LOCAL 20000000
version 2, UNIX client: LOCAL 20000000, data
version 2, TCP client: PROXY 2111000c, data
version 1, check: PROXY TCP4
version 1, UNIX client: PROXY UNKNOWN, data
version 1, TCP client: PROXY TCP4, data
END
