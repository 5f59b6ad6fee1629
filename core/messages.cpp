// SPDX-License-Identifier: BSL-1.0
#include <omnitls/spi/messages.hpp>

#include <algorithm>

namespace omnitls::inline v0::spi {

ServerHello read_server_hello(ConstBytes body) noexcept {
    constexpr std::size_t session_id = 2 + 32;  // behind the version and the random
    ServerHello hello;
    if (body.size() <= session_id) return hello;
    const std::size_t suite = session_id + 1 + body[session_id];
    hello.cipher_suite = number_at(body, suite);
    // Suite, compression, then the extensions with their size.
    const std::size_t block = suite + 3;
    const std::size_t end = std::min(body.size(), block + 2 + number_at(body, block));
    for (std::size_t at = block + 2; at + 4 <= end;) {
        const std::size_t size = number_at(body, at + 2);
        if (at + 4 + size > end) break;
        const ConstBytes content = body.subspan(at + 4, size);
        switch (number_at(body, at)) {
            case 23:  // extended_master_secret
                hello.extended_master_secret = true;
                break;
            case 41:  // pre_shared_key
                hello.pre_shared_key = number_at(content, 0);
                break;
            case 51:  // key_share
                hello.group = number_at(content, 0);
                break;
            default:
                break;
        }
        at += 4 + size;
    }
    return hello;
}

NewSessionTicket read_new_session_ticket(ConstBytes body, ProtocolVersion version) noexcept {
    const auto seconds = (std::uint32_t{number_at(body, 0)} << 16U) | number_at(body, 2);
    NewSessionTicket read{std::chrono::seconds(seconds), {}};
    std::size_t at = 4;
    if (version == ProtocolVersion::tls13) {
        constexpr std::size_t nonce = 8;  // behind what is added to the age
        if (body.size() <= nonce) return read;
        at = nonce + 1 + body[nonce];
    }
    const std::size_t size = number_at(body, at);
    if (at + 2 + size <= body.size()) read.ticket = body.subspan(at + 2, size);
    return read;
}

}  // namespace omnitls::inline v0::spi
