# SPDX-License-Identifier: BSL-1.0
"""Speaks FTP over TLS with Python's own client: PORT CAFILE DATA-CAFILE WORD...

Each word is something to do, "=COMMAND" a command as it is; each prints "WORD: ANSWER", refusals of the server as well. CAFILE is for the
control connection, DATA-CAFILE for the others. Exit status 3: the certificate of the control connection was refused.
"""

import ftplib
import socket
import ssl
import sys

from tls_clients import HOST, NAME, PASSWORD, Context

FILE = "hello.txt"


def context_for(authorities):
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authorities)
    return context


def layer(sock):
    """A socket whose TLS has ended is an SSLSocket still, without a version."""
    return (sock.version() if isinstance(sock, ssl.SSLSocket) else None) or "plain text"


class Client(ftplib.FTP_TLS):
    """With somebody at another address who comes to the port of its data connections first, if told so."""

    stranger = None
    with_stranger = False

    def makepasv(self):
        host, port = super().makepasv()
        if self.with_stranger:
            self.stranger = socket.create_connection((host, port), timeout=20, source_address=("127.0.0.2", 0))
        return host, port


def received(client, connection):
    with connection:
        used = layer(connection)
        text = b"".join(iter(lambda: connection.recv(4096), b""))
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
    return f"{len(text)} bytes over {used}, {client.voidresp()}"


def retrieve(client):
    return received(client, client.transfercmd(f"RETR {FILE}"))


def listing(client):
    return received(client, client.transfercmd("LIST"))


def without_tls(client):
    """Retrieves in plain text, whatever was agreed."""
    connection, _ = ftplib.FTP.ntransfercmd(client, f"RETR {FILE}")
    connection.sendall(b"hello\r\n")
    return received(client, connection)


def store(client, whole=True):
    with client.transfercmd("STOR a") as connection:
        connection.sendall(b"hello\r\n")
        if whole and isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
    return client.voidresp()


def strangers(client):
    client.with_stranger = True
    answer = retrieve(client)
    client.with_stranger = False
    try:
        told = client.stranger.recv(1)
    except ConnectionResetError:
        told = b""
    client.stranger.close()
    return f"{answer}, the stranger got {len(told)} bytes"


def ccc(client):
    return f"{client.ccc()}, {layer(client.sock)}"


def behind(client):
    """Does not wait for the answer to CCC."""
    client.sock.sendall(b"CCC\r\nPWD\r\n")
    return f"{client.getresp()}, then {client.sock.recv(100)!r}"


WORDS = {
    "auth": lambda client: client.auth(),
    "login": lambda client: f"{client.login(NAME, PASSWORD)}, {layer(client.sock)}",
    "private": lambda client: client.prot_p(),
    "clear": lambda client: client.prot_c(),
    "list": listing,
    "retrieve": retrieve,
    "without-tls": without_tls,
    "store": store,
    "cut-off": lambda client: store(client, whole=False),
    "strangers": strangers,
    "ccc": ccc,
    "behind": behind,
    "reply": lambda client: client.getresp(),
}


def answer_to(word, client):
    try:
        return client.sendcmd(word[1:]) if word.startswith("=") else WORDS[word](client)
    except ssl.SSLCertVerificationError as error:
        return f"refused: {error.verify_message}"
    except ftplib.Error as error:
        return str(error)


def main():
    port, authorities, data_authorities, *words = sys.argv[1:]
    client = Client(context=context_for(authorities), timeout=20)
    client.connect("127.0.0.1", int(port))
    for word in words:
        answer = answer_to(word, client)
        print(f"{word}: {answer}")
        if word in ("auth", "login"):
            if answer.startswith("refused"):
                return 3
            client.context = context_for(data_authorities)
    client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
