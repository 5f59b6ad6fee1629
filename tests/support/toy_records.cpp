// SPDX-License-Identifier: BSL-1.0
#include "tests/support/toy_records.hpp"

namespace omnitls::test {
namespace {

void put(Bytes& out, std::size_t width, std::size_t value) {
    for (std::size_t i = width; i > 0; --i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

void put_vector(Bytes& out, std::size_t width, const Bytes& content) {
    put(out, width, content.size());
    out.insert(out.end(), content.begin(), content.end());
}

Bytes text_bytes(std::string_view text) { return Bytes(text.begin(), text.end()); }

void put_extension(Bytes& out, std::size_t type, const Bytes& data) {
    put(out, 2, type);
    put_vector(out, 2, data);
}

/// RFC 8446 §4.2.11, with binders of zeros.
Bytes psk(const std::vector<Bytes>& identities) {
    Bytes list;
    Bytes binders;
    for (const Bytes& identity : identities) {
        put_vector(list, 2, identity);
        put(list, 4, 0);
        put_vector(binders, 1, Bytes(32));
    }
    Bytes offered;
    put_vector(offered, 2, list);
    put_vector(offered, 2, binders);
    return offered;
}

}  // namespace

Bytes real_client_hello(std::string_view sni, std::string_view alpn) {
    return real_client_hello(sni, alpn, {.extended_master_secret = false});
}

Bytes real_client_hello(std::string_view sni, std::string_view alpn, const AskedSessions& asked) {
    Bytes extensions;
    if (!sni.empty()) {
        Bytes name{0};
        put_vector(name, 2, text_bytes(sni));
        Bytes list;
        put_vector(list, 2, name);
        put_extension(extensions, 0, list);
    }
    if (!alpn.empty()) {
        Bytes protocol;
        put_vector(protocol, 1, text_bytes(alpn));
        Bytes list;
        put_vector(list, 2, protocol);
        put_extension(extensions, 16, list);
    }
    put_extension(extensions, 43, {2, 3, static_cast<std::uint8_t>(asked.version)});
    if (asked.extended_master_secret) put_extension(extensions, 23, {});
    put_extension(extensions, 10, {0, 4, 0, 0x1d, 0, 0x17});
    put_extension(extensions, 13, {0, 2, 4, 3});

    if (!asked.psk_identities.empty()) put_extension(extensions, 41, psk(asked.psk_identities));

    Bytes body;
    put(body, 2, 0x0303);
    body.insert(body.end(), 32, 0x5a);
    put_vector(body, 1, asked.session_id);
    put_vector(body, 2, {0x13, 0x01, 0x13, 0x02});
    put_vector(body, 1, {0});
    put_vector(body, 2, extensions);

    Bytes message{1};
    put_vector(message, 3, body);
    return toy_record(22, as_text(message));
}

}  // namespace omnitls::test
