# SPDX-License-Identifier: BSL-1.0
"""Logs in over STARTTLS with Python's own clients and ssl module: PROTOCOL PORT CAFILE.

Prints "NAME VERSION: ANSWER" for what came back inside TLS. Exit status 3: the certificate was refused, with the reason.
"""

import ftplib
import imaplib
import poplib
import smtplib
import ssl
import sys

HOST = "omnitls.test"  # whom the certificate is for; the address is this machine
NAME, PASSWORD = "alice", "secret word"


class Context(ssl.SSLContext):
    """Checks the name of HOST whatever address was connected to."""

    def wrap_socket(self, sock, **options):
        return super().wrap_socket(sock, **{**options, "server_hostname": HOST})


def imap(port, context):
    client = imaplib.IMAP4("127.0.0.1", port, timeout=20)
    client.starttls(context)
    client.login(NAME, PASSWORD)
    client.select("INBOX", readonly=True)
    found = client.search(None, "ALL")[1][0].decode().split()
    version = client.sock.version()
    client.logout()
    return version, f"messages {len(found)}"


def pop3(port, context):
    client = poplib.POP3("127.0.0.1", port, timeout=20)
    client.stls(context)
    client.user(NAME)
    client.pass_(PASSWORD)
    answer = f"messages {client.stat()[0]}"
    version = client.sock.version()
    client.quit()
    return version, answer


def smtp(port, context):
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=20) as client:
        client.starttls(context=context)
        client.login(NAME, PASSWORD)
        refused = client.sendmail("a@client.test", ["b@omnitls.test"], "Subject: test\r\n\r\n.dot\r\n")
        return client.sock.version(), f"refused {len(refused)}"


def ftp(port, context):
    with ftplib.FTP_TLS(context=context, timeout=20) as client:
        client.connect("127.0.0.1", port)
        client.login(NAME, PASSWORD)
        client.prot_p()
        return client.sock.version(), f"directory {client.pwd()}"


def main():
    protocol, port, authorities = sys.argv[1:]
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authorities)
    try:
        version, answer = {"imap": imap, "pop3": pop3, "smtp": smtp, "ftp": ftp}[protocol](int(port), context)
    except ssl.SSLCertVerificationError as error:
        print(f"refused: {error.verify_message}")
        return 3
    print(f"{protocol} {version}: {answer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
