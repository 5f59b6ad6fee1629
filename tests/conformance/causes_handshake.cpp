// SPDX-License-Identifier: BSL-1.0
// Failures while the handshake runs: what is no TLS, what is broken TLS, what the two cannot agree on, and ends that come too early.
#include "tests/conformance/causes.hpp"
#include "tests/support/toy_records.hpp"

#include <algorithm>

namespace omnitls::test {
namespace {

using Flight = Bytes (Scene::*)();

/// Gives the victim its first input, changed.
auto first_changed(std::function<void(Bytes&)> change) {
    return [change = std::move(change)](Scene& scene) {
        Bytes bytes = scene.first_for_victim();
        change(bytes);
        scene.victim().feed(bytes);
        // A client has no keys yet and its peer may: what that makes of a plain alert is a cause of its own.
        if (scene.role == Role::server) scene.settle();
    };
}

/// Gives the victim these bytes in place of its first input.
auto first_replaced(Bytes bytes) {
    return first_changed([bytes = std::move(bytes)](Bytes& first) { first = bytes; });
}

/// An alert record in plain text, before any key is in use.
auto plain_alert_first(std::uint8_t level, Alert alert) {
    return [level, alert](Scene& scene) {
        (void)scene.hello();
        scene.victim().feed(toy_alert(level, static_cast<std::uint8_t>(alert)));
    };
}

Bytes text_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

/// Gives a server the client's second flight, changed.
auto second_changed(std::function<void(Bytes&)> change) {
    return [change = std::move(change)](Scene& scene) {
        Bytes bytes = scene.second();
        change(bytes);
        scene.server().feed(bytes);
        scene.settle();
    };
}

void forged_finished(Scene& scene) {
    const bool tls12 = scene.version == ProtocolVersion::tls12;
    if (scene.role == Role::server) {
        Bytes second = scene.second();
        // The Finished is the last record: put another in its place, under the same key.
        std::size_t last = 0;
        for (std::size_t at = 0; at + 5 <= second.size();
             at += 5 + static_cast<std::size_t>((second[at + 3] << 8U) | second[at + 4]))
            last = at;
        second.resize(last);
        const std::size_t size = tls12 || scene.client().engine->info().cipher_suite != 0x1302
                                     ? (tls12 ? 12U : 32U)
                                     : 48U;
        Bytes finished{20, 0, 0, static_cast<std::uint8_t>(size)};
        finished.resize(4 + size, 0x5a);
        const Bytes record = scene.forger(true).seal(22, finished);
        second.insert(second.end(), record.begin(), record.end());
        scene.server().feed(second);
        scene.settle();
        return;
    }
    scene.server().feed(scene.second());
    Bytes last = scene.server().take();
    last.resize(6);  // the ChangeCipherSpec stays
    Bytes finished{20, 0, 0, 12};
    finished.resize(16, 0x5a);
    const Bytes record = scene.forger(true).seal(22, finished);
    last.insert(last.end(), record.begin(), record.end());
    scene.client().feed(last);
    scene.settle();
}

/// A hello without a key share, so that HelloRetryRequest follows, then one for another name.
Bytes hello_without_share(std::string_view name) {
    Bytes record = real_client_hello(name, "imap");
    const Bytes share{0, 51, 0, 2, 0, 0};
    record.insert(record.end(), share.begin(), share.end());
    const auto grow = [&](std::size_t at) {
        const std::size_t size =
            static_cast<std::size_t>((record[at] << 8U) | record[at + 1]) + share.size();
        record[at] = static_cast<std::uint8_t>(size >> 8U);
        record[at + 1] = static_cast<std::uint8_t>(size);
    };
    grow(3);
    grow(7);
    // Behind version, random, empty session id, two suites and one compression method.
    grow(5 + 4 + 2 + 32 + 1 + 2 + 4 + 2);
    return record;
}

void second_hello_differs(Scene& scene) {
    scene.setup.server_alpn = {"imap"};
    (void)scene.hello();
    scene.server().feed(hello_without_share("omnitls.test"));
    if (scene.server().take().empty()) scene.said = "no HelloRetryRequest: " + scene.outcome();
    scene.server().feed(hello_without_share("elsewhere.test"));
}

/// Suites nobody has, in place of the client's.
void only_unknown_suites(Bytes& hello) {
    const std::size_t session = 5 + 4 + 2 + 32;
    const std::size_t at = session + 1 + hello[session];
    const std::size_t size = static_cast<std::size_t>((hello[at] << 8U) | hello[at + 1]);
    for (std::size_t i = 0; i < size; ++i) hello[at + 2 + i] = i % 2 == 0 ? 0x5a : 0x5b;
}

void flip_last(Bytes& bytes) { bytes.back() = static_cast<std::uint8_t>(bytes.back() ^ 1U); }

/// Damages the first record of data, which in TLS 1.3 is the first one under keys.
void flip_first_protected(Bytes& flight) {
    std::size_t at = 0;
    while (flight[at] != 23)
        at += 5 + static_cast<std::size_t>((flight[at + 3] << 8U) | flight[at + 4]);
    const std::size_t last =
        at + 4 + static_cast<std::size_t>((flight[at + 3] << 8U) | flight[at + 4]);
    flight[last] = static_cast<std::uint8_t>(flight[last] ^ 1U);
}

/// Damages the end of the signature in a message of TLS 1.2: its DER stays well-formed.
void flip_signature(Bytes& flight, std::uint8_t message) {
    const std::size_t at = find_message(flight, message);
    const std::size_t size = static_cast<std::size_t>((flight[at + 2] << 8U) | flight[at + 3]);
    flight[at + 3 + size] = static_cast<std::uint8_t>(flight[at + 3 + size] ^ 1U);
}

void ask_client_certificate(Scene& scene) {
    scene.setup.client_auth = ClientAuth::require;
    scene.setup.client_role = "client";
}

}  // namespace

const std::vector<Cause>& causes_in_the_handshake() {
    static const std::vector<Cause> causes{
        {"plaintext", On::both, first_replaced(text_of("HTTP/1.1 400 Bad Request\r\n\r\n"))},
        {"unknown_first_record", On::both, first_changed([](Bytes& b) { b[0] = 99; })},
        {"ssl3_major_version", On::both, first_changed([](Bytes& b) { b[1] = 2; })},
        {"data_record_first", On::both, first_changed([](Bytes& b) { b[0] = 23; })},
        {"unexpected_message_first", On::both, first_changed([](Bytes& b) { b[5] = 11; })},
        {"oversized_record_first", On::both, first_changed([](Bytes& b) {
             b[3] = 0x49;
             b.resize(5 + 0x4a00);
         })},
        {"empty_record_first", On::both, first_replaced(Bytes{22, 3, 3, 0, 0})},
        {"session_id_too_long", On::both, first_changed([](Bytes& b) { b[43] = 200; })},
        {"unknown_record_in_between", On::server, second_changed([](Bytes& b) { b[0] = 99; })},
        {"oversized_record_in_between", On::server, second_changed([](Bytes& b) {
             b[3] = 0x49;
             b.resize(5 + 0x4a00);
         })},
        {"plaintext_in_between", On::server,
         second_changed([](Bytes& b) { b = text_of("EHLO omnitls.test\r\n"); })},
        {"plain_data_in_between", On::server,
         second_changed([](Bytes& b) { b = toy_data("too early"); })},
        {"repeated_hello", On::server,
         [](Scene& s) {
             const Bytes h = s.hello();
             s.server().feed(h);
             s.server().feed(h);
             s.settle();
         }},
        {"second_hello_differs", On::server, second_hello_differs},
        {"flipped_finished", On::server, second_changed(flip_last)},
        {"flipped_encrypted_flight", On::client, first_changed(flip_first_protected)},
        {"flipped_finished", On::client,
         [](Scene& s) {
             s.server().feed(s.second());
             Bytes b = s.server().take();
             flip_last(b);
             s.client().feed(b);
             s.settle();
         }},
        {"bad_finished", On::server, forged_finished, by_key_log},
        {"bad_finished", On::client, forged_finished, by_key_log},
        {"bad_signature", On::client, first_changed([](Bytes& b) { flip_signature(b, 12); })},
        {"bad_signature", On::server,
         [](Scene& s) {
             ask_client_certificate(s);
             Bytes b = s.second();
             flip_signature(b, 15);
             s.server().feed(b);
             s.settle();
         }},
        {"broken_certificate", On::client,
         first_changed([](Bytes& b) { b[find_message(b, 11) + 10] ^= 0x20U; })},
        {"no_common_version", On::server,
         [](Scene& s) {
             const auto other = s.version == ProtocolVersion::tls13 ? ProtocolVersion::tls12
                                                                    : ProtocolVersion::tls13;
             s.setup.versions = VersionRange{other, other};
             s.settle();
         },
         "tls13"},
        {"no_common_suite", On::server, first_changed(only_unknown_suites)},
        {"no_common_protocol", On::server,
         [](Scene& s) {
             s.setup.client_alpn = {"imap"};
             s.setup.server_alpn = {"pop3"};
             s.settle();
         }},
        {"close_notify_first", On::client, plain_alert_first(1, Alert::close_notify)},
        {"fatal_handshake_failure", On::client, plain_alert_first(2, Alert::handshake_failure)},
        {"fatal_protocol_version", On::client, plain_alert_first(2, Alert::protocol_version)},
        {"fatal_no_application_protocol", On::client,
         plain_alert_first(2, Alert::no_application_protocol)},
        {"fatal_unknown_ca", On::client, plain_alert_first(2, Alert::unknown_ca)},
        {"fatal_internal_error", On::client, plain_alert_first(2, Alert::internal_error)},
        {"fatal_unassigned", On::client, plain_alert_first(2, static_cast<Alert>(200))},
        {"warning_unrecognized_name", On::client, plain_alert_first(1, Alert::unrecognized_name)},
        {"alert_first", On::server, first_replaced(toy_alert(2, 40))},
        {"plain_alert_before_the_clients_keys", On::server,
         second_changed([](Bytes& b) { b = toy_alert(2, 40); })},
        {"plain_alert_of_record_version_1_0", On::server, second_changed([](Bytes& b) {
             b = toy_alert(2, 40);
             b[2] = 1;
         })},
        {"alert_of_one_byte", On::client, first_replaced(Bytes{21, 3, 3, 0, 1, 2})},
        {"alert_without_level", On::client, first_replaced(toy_alert(7, 40))},
        {"end_before_a_byte", On::both,
         [](Scene& s) {
             (void)s.hello();
             s.end_of_input(s.victim());
         }},
        {"end_in_the_first_record", On::both,
         [](Scene& s) {
             Bytes b = s.first_for_victim();
             b.resize(20);
             s.victim().feed(b);
             s.end_of_input(s.victim());
         }},
        {"end_in_the_flight", On::client,
         [](Scene& s) {
             Bytes b = s.flight();
             b.resize(b.size() - 7);
             s.client().feed(b);
             s.end_of_input(s.client());
         }},
        {"end_before_the_finished", On::server,
         [](Scene& s) {
             (void)s.second();
             s.end_of_input(s.server());
         }},
    };
    return causes;
}

}  // namespace omnitls::test
