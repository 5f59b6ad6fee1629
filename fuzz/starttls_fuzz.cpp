// SPDX-License-Identifier: BSL-1.0
// Any turns of a peer against any dialogue in either role, and against the reader of PROXY headers: the first byte chooses which.
#include "fuzz/dialogue_fuzz.hpp"
#include <omnitls/starttls/protocols.hpp>
#include <omnitls/starttls/proxy_header.hpp>

namespace {

using namespace omnitls::starttls;

/// The payload of a greeting of MySQL that offers TLS.
const std::string mysql_greeting = std::string(
    "\x0a"
    "8\0xxxxxxxxxxxxx\0\x08",
    18);

std::unique_ptr<Dialogue> make(unsigned choice, Offer offer) {
    const std::size_t number = choice / 2 % (protocols().size() + 1);
    if (number == protocols().size()) return proxy_header_server(std::make_shared<ProxyHeader>());
    const Protocol& protocol = protocols()[number];
    auto made = choice % 2 == 0
                    ? make_client_dialogue(protocol.name, {"a.example", "b.example", offer})
                    : make_server_dialogue(protocol.name, {"a.example", "id", mysql_greeting});
    return *std::move(made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const unsigned choice = data[0];
    omnitls::fuzz::run(data + 1, size - 1, [=](Offer offer) { return make(choice, offer); });
    return 0;
}
