// SPDX-License-Identifier: BSL-1.0
// Toy TLS for tests of the shell: real record framing (RFC 8446 §5.1), one-letter handshake messages, no cryptography.
#pragma once

#include <omnitls/bytes.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::test {

/// Messages of the toy handshake, one per record.
enum ToyMessage : char {
    toy_hello = 'H',  ///< The client's or server's hello.
    toy_certificate =
        'C',            ///< A certificate chain is shown (content is in the fake session's script).
    toy_request = 'R',  ///< The server asks for a client certificate.
    toy_proof = 'P',    ///< Proof of possession, good.
    toy_bad_proof = 'X',  ///< Proof of possession, bad: the session fails.
    toy_finished = 'F',
    toy_credential = 'K',  ///< The client uses its own key.
};

inline Bytes toy_record(std::uint8_t type, std::string_view body) {
    Bytes record{type, 3, 3, static_cast<std::uint8_t>(body.size() >> 8U),
                 static_cast<std::uint8_t>(body.size() & 0xffU)};
    record.insert(record.end(), body.begin(), body.end());
    return record;
}

inline Bytes toy_handshake(std::string_view messages) {
    Bytes out;
    for (const char message : messages) {
        const Bytes record = toy_record(22, std::string_view(&message, 1));
        out.insert(out.end(), record.begin(), record.end());
    }
    return out;
}

inline Bytes toy_data(std::string_view text) { return toy_record(23, text); }
inline Bytes toy_alert(std::uint8_t level, std::uint8_t description) {
    const char body[2] = {static_cast<char>(level), static_cast<char>(description)};
    return toy_record(21, std::string_view(body, 2));
}
inline Bytes toy_close_notify() { return toy_alert(1, 0); }

inline Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// What a run of toy records says: handshake letters as they are, data as "data(text)", alerts as "alert(n)", a rest that is
/// no whole record as "?".
inline std::string describe_records(ConstBytes bytes) {
    std::string out;
    while (!bytes.empty()) {
        if (bytes.size() < 5) return out + "?";
        const std::size_t size = static_cast<std::size_t>((bytes[3] << 8U) | bytes[4]);
        if (bytes.size() < 5 + size) return out + "?";
        const std::string_view body = as_text(bytes.subspan(5, size));
        if (bytes[0] == 22) out += body;
        if (bytes[0] == 23) out += "data(" + std::string(body) + ")";
        if (bytes[0] == 21 && body.size() == 2) {
            out += "alert(" + std::to_string(static_cast<unsigned char>(body[1])) + ")";
        }
        bytes = bytes.subspan(5 + size);
    }
    return out;
}

/// A well-formed ClientHello record (RFC 8446 §4.1.2) with a server name and one ALPN protocol.
Bytes real_client_hello(std::string_view sni, std::string_view alpn);

/// What a ClientHello asks to resume.
struct AskedSessions {
    Bytes session_id{};
    std::vector<Bytes> psk_identities{};
    bool extended_master_secret = true;
    std::uint16_t version = 0x0304;  ///< The only one that is offered.
};
Bytes real_client_hello(std::string_view sni, std::string_view alpn, const AskedSessions& asked);

}  // namespace omnitls::test
