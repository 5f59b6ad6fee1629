# SPDX-License-Identifier: BSL-1.0
"""Logs in over STARTTLS with slixmpp: PORT CAFILE. Prints "session VERSION: JID".

Exit status 3: the certificate was refused, with the reason.
"""

import asyncio
import inspect
import sys

import slixmpp


class Client(slixmpp.ClientXMPP):
    def __init__(self, authorities):
        super().__init__("alice@omnitls.test", "secret word")
        self.ca_certs = authorities
        self.result = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", self.session_started)
        self.add_event_handler("ssl_invalid_chain", lambda error: self.end(f"refused: {error.verify_message}"))
        self.add_event_handler("failed_all_auth", lambda _: self.end("no login"))

    def open(self, port):
        if "host" in inspect.signature(self.connect).parameters:  # slixmpp 1.9 and later
            self.enable_direct_tls = False
            self.connect("127.0.0.1", port)
        else:
            self.connect(address=("127.0.0.1", port), force_starttls=True)

    async def session_started(self, _):
        await self.get_roster()
        version = self.transport.get_extra_info("ssl_object").version()
        self.end(f"session {version}: {self.boundjid.bare}")

    def end(self, result):
        if not self.result.done():
            self.result.set_result(result)


async def main():
    client = Client(sys.argv[2])
    client.open(int(sys.argv[1]))
    result = await asyncio.wait_for(client.result, 20)
    print(result)
    if not result.startswith("session"):
        return 3
    gone = client.disconnected
    client.disconnect()
    await asyncio.wait_for(gone, 20)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
