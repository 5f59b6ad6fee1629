#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs one example, against a loopback server of Python's own TLS if asked, and checks what it said and how it ended.

  run_example.py [--server KIND --key FILE [--server-saw REGEX]] [--cert FILE] [--stdin TEXT] --exit N --output REGEX -- PROGRAM ARGUMENT...

KIND: http            answers one request, closes properly
      http_cut        the same, but the connection ends without close_notify
      smtp            greeting, EHLO, STARTTLS, TLS, EHLO
      smtp_injected   the same, with plain text right behind the go-ahead
      smtp_stripped   a server (or somebody in between) that does not offer STARTTLS
      ftp             AUTH TLS, a login, PBSZ, PROT, and CCC: back to plain text
      ftp_rude        the same, but goes on in plain text without a close_notify
      xmpp            stream features, <starttls/>, TLS, and the stream anew
KIND of --client: smtp  the PROGRAM is a server that says "listening on PORT"; Python's smtplib upgrades and sends a mail
KIND of --database: redis   a Redis server of its own, which has --known in the set keys:127.0.0.1
                    silent  takes a question and never answers
In arguments and the output's REGEX, {port} is the server's port, {database} the database's socket, {tmp} a directory that is empty at first, and {pin} the SHA-256 of the
certificate's public key. The server says "done" when all went well, else what it saw; --server-saw is matched with that.
"""

import argparse
import hashlib
import re
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
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
        if self.kind.startswith("ftp"):
            return self.serve_ftp(plain)
        if self.kind == "xmpp":
            return self.serve_xmpp(plain)
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


    def serve_ftp(self, plain):
        plain.sendall(b"220 ready\r\n")
        if read_until(plain, b"\r\n") != b"AUTH TLS\r\n":
            return "no AUTH TLS"
        plain.sendall(b"234 go ahead\r\n")
        tls = self.context.wrap_socket(plain, server_side=True)
        answers = {"USER": b"331 and?\r\n", "PASS": b"230 welcome\r\n", "PBSZ": b"200 PBSZ=0\r\n", "PROT": b"200 ok\r\n",
                   "CCC": b"200 clear\r\n"}
        said = []
        while said[-1:] != ["CCC"]:
            said.append(read_until(tls, b"\r\n").decode().split()[0])
            tls.sendall(answers[said[-1]])
        if self.kind == "ftp_rude":
            socket.socket(fileno=tls.detach()).sendall(b"257 what?\r\n")
            return "rude"
        again = tls.unwrap()
        for answer in (b'257 "/"\r\n', b"221 bye\r\n"):
            said.append(read_until(again, b"\r\n").decode().strip())
            again.sendall(answer)
        return "done " + " ".join(said)

    def serve_xmpp(self, plain):
        stream = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='%d' version='1.0'>"
        starttls = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
        read_until(plain, b"xmlns:stream='http://etherx.jabber.org/streams'>")
        plain.sendall(stream % 1 + b"<stream:features>" + starttls + b"<mechanisms>PLAINTEXT</mechanisms></stream:features>")
        read_until(plain, b"'urn:ietf:params:xml:ns:xmpp-tls'/>")
        plain.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        with self.context.wrap_socket(plain, server_side=True) as tls:
            read_until(tls, b"xmlns:stream='http://etherx.jabber.org/streams'>")
            tls.sendall(stream % 2 + b"<stream:features><mechanisms>SCRAM-SHA-256-PLUS</mechanisms></stream:features>")
            tls.unwrap()
            return "done"


def send_a_mail(port, ca):
    """A client that is not omnitls: what it saw, beginning with "sent" when all went well."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=DEADLINE) as smtp:
            smtp.starttls(context=ssl.create_default_context(cafile=ca))
            smtp.sendmail("a@example.org", ["b@example.org"], "Subject: hello\r\n\r\nover TLS\r\n")
        return "sent"
    except (OSError, smtplib.SMTPException) as error:
        return f"{type(error).__name__}: {error}"


def run_with_client(command, ca):
    """Runs a server until it ends; its standard output, its exit status, and what the client saw."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        first = server.stdout.readline()
        listening = re.match(r"listening on (\d+)", first)
        saw = send_a_mail(int(listening[1]), ca) if listening else "no server"
        killer = threading.Timer(DEADLINE, server.kill)
        killer.start()
        output = first + server.stdout.read()
        server.wait()
        killer.cancel()
        return server.returncode, output, saw


class Database:
    """A database on a socket of its own, in a directory of its own."""

    def __init__(self, kind, known):
        self.directory = tempfile.TemporaryDirectory()
        self.path = self.directory.name + "/socket"
        self.process = self.listener = None
        if kind == "silent":
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.path)
            self.listener.listen()
            return
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--dir", self.directory.name],
            stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "eady to accept connections" in line:
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(self.path)
            client.sendall(f"SADD keys:127.0.0.1 {known}\r\n".encode())
            if (reply := read_until(client, b"\r\n")) != b":1\r\n":
                raise RuntimeError(f"redis-server: {reply!r}")

    def stop(self):
        if self.listener:
            self.listener.close()
        if self.process:
            self.process.terminate()
            self.process.wait(DEADLINE)
        self.directory.cleanup()


def pin_of(cert):
    """By the openssl command, so that the example is not its own judge."""
    key = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True, capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()


def filled_in(texts, values):
    for name, value in values.items():
        texts = [text.replace(name, value) for text in texts]
    return texts


def run_before(kind, role, command, values):
    """Runs the program once before, with "yes" for an answer, so that it has something to remember in {tmp}."""
    server = Server(kind, f"{role}_chain.pem", f"{role}.key")
    server.start()
    subprocess.run(filled_in(command, {**values, "{port}": str(server.port)}), input="yes\n", stdout=subprocess.DEVNULL,
                   check=True, text=True, timeout=DEADLINE)
    server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=("http", "http_cut", "smtp", "smtp_injected", "smtp_stripped", "ftp", "ftp_rude", "xmpp"))
    parser.add_argument("--client", choices=("smtp",))
    parser.add_argument("--ca", help="whom the client trusts")
    parser.add_argument("--client-saw")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--server-saw")
    parser.add_argument("--stdin", default="")
    parser.add_argument("--before", help="runs the program once before, with a server that shows the certificate of this role")
    parser.add_argument("--database", choices=("redis", "silent"))
    parser.add_argument("--known", default="")
    parser.add_argument("--exit", type=int, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    command, output = options.command, options.output
    server = database = None
    values = {}
    if options.cert:
        values["{pin}"] = pin_of(options.cert)
    if options.server:
        server = Server(options.server, options.cert, options.key)
        server.start()
        values["{port}"] = str(server.port)
    if options.database:
        known = options.known
        for name, value in values.items():
            known = known.replace(name, value)
        database = Database(options.database, known)
        values["{database}"] = database.path
    directory = tempfile.TemporaryDirectory()
    values["{tmp}"] = directory.name
    if options.before:
        run_before(options.server, options.before, command, values)
    command = filled_in(command, values)
    output = filled_in([output], values)[0]
    client_saw = ""
    try:
        if options.client:
            status, said, client_saw = run_with_client(command, options.ca)
        else:
            ran = subprocess.run(command, input=options.stdin + "\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, errors="replace", timeout=DEADLINE)
            status, said = ran.returncode, ran.stdout
    finally:
        if server:
            server.stop()
        if database:
            database.stop()

    problems = []
    if status != options.exit:
        problems.append(f"exit status {status}, expected {options.exit}")
    if not re.search(output, said, re.S):
        problems.append(f"the output does not match {output!r}")
    if options.server_saw and not re.search(options.server_saw, server.saw):
        problems.append(f"the server saw {server.saw!r}, expected {options.server_saw!r}")
    if options.client_saw and not re.search(options.client_saw, client_saw):
        problems.append(f"the client saw {client_saw!r}, expected {options.client_saw!r}")
    print(said)
    if server:
        print(f"server: {server.saw}")
    for problem in problems:
        print(f"run_example: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
