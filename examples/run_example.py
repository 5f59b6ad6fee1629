#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs one example, against a loopback server of Python's own TLS if asked, and checks what it said and how it ended.

  run_example.py [--server KIND --cert FILE --key FILE [--server-saw REGEX]] [--stdin TEXT] --exit N --output REGEX -- PROGRAM ARGUMENT...

KIND: http            answers one request, closes properly
      http_cut        the same, but the connection ends without close_notify
      smtp            greeting, EHLO, STARTTLS, TLS, EHLO
      smtp_injected   the same, with plain text right behind the go-ahead
      smtp_stripped   a server (or somebody in between) that does not offer STARTTLS
In arguments and the output's REGEX, {port} is the server's port and {pin} the SHA-256 of its public key. The server says "done"
when all went well, else what it saw; --server-saw is matched with that.
"""

import argparse
import hashlib
import re
import socket
import ssl
import subprocess
import sys
import threading

DEADLINE = 60  # seconds, for each thing that is waited for; reached only when something is broken


def read_until(stream, end):
    data = b""
    while not data.endswith(end):
        piece = stream.recv(4096)
        if not piece:
            raise ConnectionError(f"the client went away after {data!r}")
        data += piece
    return data


class Server(threading.Thread):
    """Serves one connection on a free loopback port."""

    def __init__(self, kind, cert, key):
        super().__init__(daemon=True)
        self.kind = kind
        self.saw = "nobody connected"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        try:
            plain, _ = self.listener.accept()
            plain.settimeout(DEADLINE)
            with plain:
                self.saw = self.serve(plain)
        except (OSError, ssl.SSLError) as error:
            self.saw = f"{type(error).__name__}: {error}"

    def stop(self):
        """Ends the wait for a client that never came."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.join(DEADLINE)
        self.listener.close()

    def serve(self, plain):
        if self.kind.startswith("smtp") and not self.smtp_plain(plain):
            return "left in plain text"
        with self.context.wrap_socket(plain, server_side=True) as tls:
            if self.kind.startswith("smtp"):
                read_until(tls, b"\r\n")
                tls.sendall(b"250-mail.example.org\r\n250 AUTH PLAIN\r\n")
            else:
                read_until(tls, b"\r\n\r\n")
                tls.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello from the server\n")
                if self.kind == "http_cut":
                    tls.shutdown(socket.SHUT_WR)
                    return "done"
            tls.unwrap()
            return "done"

    def smtp_plain(self, plain):
        """True when TLS starts."""
        plain.sendall(b"220 mail.example.org ESMTP\r\n")
        read_until(plain, b"\r\n")
        if self.kind == "smtp_stripped":
            plain.sendall(b"250-mail.example.org\r\n250 SIZE 1000\r\n")
            plain.recv(4096)
            return False
        plain.sendall(b"250-mail.example.org\r\n250 STARTTLS\r\n")
        read_until(plain, b"STARTTLS\r\n")
        plain.sendall(b"220 go ahead\r\n" + (b"250 injected\r\n" if self.kind == "smtp_injected" else b""))
        return True


def pin_of(cert):
    """By the openssl command, so that the example is not its own judge."""
    key = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True, capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=("http", "http_cut", "smtp", "smtp_injected", "smtp_stripped"))
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--server-saw")
    parser.add_argument("--stdin", default="")
    parser.add_argument("--exit", type=int, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    command, output = options.command, options.output
    server = None
    if options.server:
        server = Server(options.server, options.cert, options.key)
        server.start()
        values = {"{port}": str(server.port), "{pin}": pin_of(options.cert)}
        for name, value in values.items():
            command = [argument.replace(name, value) for argument in command]
            output = output.replace(name, value)
    try:
        ran = subprocess.run(command, input=options.stdin + "\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors="replace", timeout=DEADLINE)
    finally:
        if server:
            server.stop()

    problems = []
    if ran.returncode != options.exit:
        problems.append(f"exit status {ran.returncode}, expected {options.exit}")
    if not re.search(output, ran.stdout, re.S):
        problems.append(f"the output does not match {output!r}")
    if options.server_saw and not re.search(options.server_saw, server.saw):
        problems.append(f"the server saw {server.saw!r}, expected {options.server_saw!r}")
    print(ran.stdout)
    if server:
        print(f"server: {server.saw}")
    for problem in problems:
        print(f"run_example: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
