// SPDX-License-Identifier: BSL-1.0
// Failures once data flows: damaged, repeated, unprotected and forged records, alerts, and ends of several kinds.
#include "tests/conformance/causes.hpp"
#include "tests/support/toy_records.hpp"

namespace omnitls::test {
namespace {

/// Gives the victim bytes that anybody on the path could have written.
auto unprotected(Bytes bytes) {
    return [bytes = std::move(bytes)](Scene& scene) {
        scene.open();
        scene.victim().feed(bytes);
        scene.settle();
    };
}

/// Gives the victim a record that only the peer could have written.
auto forged(std::uint8_t type, std::string content) {
    return [type, content = std::move(content)](Scene& scene) {
        scene.open();
        scene.forge(type, content);
        scene.settle();
    };
}

/// As `forged`; the peer, who never wrote it, is not asked what it makes of the answer.
auto forged_unanswered(std::uint8_t type, std::string content) {
    return [type, content = std::move(content)](Scene& scene) {
        scene.open();
        scene.forge(type, content);
    };
}

/// A record of the peer, changed on its way.
auto record_changed(std::function<void(Bytes&)> change) {
    return [change = std::move(change)](Scene& scene) {
        scene.open();
        scene.peer().write("data");
        Bytes record = scene.peer().take();
        change(record);
        scene.victim().feed(record);
        scene.settle();
    };
}

Bytes text_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

std::string two(char first, char second) { return {first, second}; }

void flood_of_empty_records(Scene& scene) {
    scene.open();
    Forger forger = scene.forger();
    for (int i = 0; i < 100; ++i) scene.victim().feed(forger.seal(23, ""));
    scene.settle();
}

}  // namespace

const std::vector<Cause>& causes_once_open() {
    static const std::vector<Cause> causes{
        {"flipped_record", On::both, record_changed([](Bytes& b) { b.back() ^= 1U; })},
        {"flipped_record_type", On::both, record_changed([](Bytes& b) { b[0] = 22; })},
        {"repeated_record", On::both, record_changed([](Bytes& b) {
             const Bytes one = b;
             b.insert(b.end(), one.begin(), one.end());
         })},
        {"oversized_record", On::both, record_changed([](Bytes& b) {
             b[3] = 0x49;
             b.resize(5 + 0x4a00);
         })},
        {"record_without_room_for_a_tag", On::both, unprotected(toy_data("short"))},
        {"empty_unprotected_record", On::both, unprotected(Bytes{23, 3, 3, 0, 0})},
        {"plain_alert_once_open", On::both, unprotected(toy_alert(2, 40))},
        {"plain_text_once_open", On::both,
         unprotected(text_of("HTTP/1.1 400 Bad Request\r\n\r\n"))},
        {"unknown_record_once_open", On::both, unprotected(toy_record(99, std::string(40, 'x')))},
        {"change_cipher_spec_once_open", On::both, unprotected(toy_record(20, "\x01"))},
        {"fatal_alert_once_open", On::both, forged(21, two(2, 80)), by_key_log},
        {"fatal_access_denied_once_open", On::both, forged(21, two(2, 49)), by_key_log},
        {"fatal_unassigned_once_open", On::both, forged(21, two(2, '\xc8')), by_key_log},
        {"warning_user_canceled_once_open", On::both, forged(21, two(1, 90)), by_key_log},
        {"warning_of_an_error_once_open", On::both, forged(21, two(1, 80)), by_key_log},
        {"alert_without_level_once_open", On::both, forged(21, two(7, 80)), by_key_log},
        {"alert_of_one_byte_once_open", On::both, forged(21, std::string(1, 2)), by_key_log},
        {"empty_alert_once_open", On::both, forged(21, ""), by_key_log},
        {"unknown_type_once_open", On::both, forged(99, "what is this?"), by_key_log},
        {"no_type_at_all", On::both, forged(0, std::string(16, '\0')), by_key_log},
        {"empty_handshake_record_once_open", On::both, forged(22, ""), by_key_log},
        {"finished_once_open", On::both,
         forged(22, std::string("\x14\0\0\x20", 4) + std::string(32, 'x')), by_key_log},
        {"unknown_message_once_open", On::both, forged(22, std::string("\x63\0\0\x01x", 5)),
         by_key_log},
        {"client_hello_once_open", On::server,
         [](Scene& s) {
             s.open();
             s.forge(22, as_text(ConstBytes(real_client_hello("omnitls.test", "imap")).subspan(5)));
         },
         by_key_log},
        {"hello_request_once_open", On::client, forged_unanswered(22, std::string("\0\0\0\0", 4)),
         by_key_log},
        {"certificate_request_once_open", On::client,
         forged(22, std::string("\x0d\0\0\x0b\0\0\x08\0\x0d\0\x04\0\x02\x04\x03", 15)), by_key_log},
        {"key_update_of_no_kind", On::both, forged(22, std::string("\x18\0\0\x01\x07", 5)),
         by_key_log},
        {"ticket_for_a_server", On::server,
         forged(22, std::string("\x04\0\0\x0d\0\0\0\x01\0\0\0\0\0\0\0\x01x", 17)), by_key_log},
        {"record_of_too_much_content", On::both, forged(23, std::string(16385, 'x')), by_key_log},
        {"flood_of_empty_records", On::both, flood_of_empty_records, by_key_log},
        {"end_without_close_notify", On::both,
         [](Scene& s) {
             s.open();
             s.end_of_input(s.victim());
         }},
        {"end_in_a_record", On::both,
         [](Scene& s) {
             s.open();
             s.peer().write("data");
             Bytes b = s.peer().take();
             b.resize(9);
             s.victim().feed(b);
             s.end_of_input(s.victim());
         }},
        {"end_after_our_close_notify", On::both,
         [](Scene& s) {
             s.open();
             s.victim().engine->close_notify();
             s.settle();
             s.end_of_input(s.victim());
         }},
        {"end_after_its_close_notify", On::both,
         [](Scene& s) {
             s.open();
             s.peer().engine->close_notify();
             s.settle();
             s.end_of_input(s.victim());
         }},
        {"fatal_alert_after_our_close_notify", On::both,
         [](Scene& s) {
             s.open();
             s.victim().engine->close_notify();
             s.settle();
             s.forge(21, two(2, 80));
             s.settle();
         },
         by_key_log},
        {"abandoned_once_open", On::both,
         [](Scene& s) {
             s.open();
             s.victim().engine->abandon(Errc::internal, Alert::access_denied);
             s.settle();
         }},
    };
    return causes;
}

}  // namespace omnitls::test
