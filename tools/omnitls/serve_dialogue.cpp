// SPDX-License-Identifier: BSL-1.0
// What a server has to bring: an id that nobody can guess, a challenge.
#include "tools/omnitls/serve_dialogue.hpp"

#include "tools/omnitls/exit_codes.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <array>
#include <stdexcept>

namespace omnitls::tool {
namespace {

/// Letters of base 16, which may stand in XML and in a challenge.
std::string random_text(const spi::Crypto& crypto) {
    std::array<std::uint8_t, 10> bytes{};
    if (!crypto.random(bytes)) throw std::runtime_error("no random bytes");
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

/// The payload of an initial handshake packet (client/server protocol 10) with a challenge of 20 characters.
std::string mysql_greeting(const std::string& challenge) {
    using namespace std::string_literals;
    // Connection 1; the lower half of: long passwords, database, 4.1, TLS, transactions, 4.1 authentication.
    std::string greeting =
        "\x0a"
        "8.0.0-omnitls\0\1\0\0\0"s +
        challenge.substr(0, 8) + "\0\x09\xaa"s;
    // utf8mb4; autocommit; the upper half: authentication plugins; length of the challenge and its end.
    greeting += "\x2d\x02\0\x08\0\x15"s + std::string(10, '\0');
    return greeting + challenge.substr(8) + "\0mysql_native_password\0"s;
}

}  // namespace

std::unique_ptr<starttls::Dialogue> make_serve_dialogue(const ServerStarttls& options,
                                                        const spi::Crypto& crypto) {
    if (options.protocol.empty()) return nullptr;
    const std::string random = random_text(crypto);
    return value_or_usage(starttls::make_server_dialogue(
        options.protocol, {options.name(), random, mysql_greeting(random)}));
}

std::unique_ptr<Service> make_served(const ServerStarttls& options, const spi::Crypto& crypto) {
    if (options.inside().empty()) return nullptr;
    return make_service(options.inside(), {.name = options.name(),
                                           .account = options.account(),
                                           .crypto = &crypto,
                                           .greets = options.protocol.empty()});
}

}  // namespace omnitls::tool
