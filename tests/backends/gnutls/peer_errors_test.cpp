// SPDX-License-Identifier: BSL-1.0
// Faults a peer can cause, and the neutral cause and the alert each of them gets. Every fault stands beside the same exchange
// without it.
#include "tests/backends/gnutls/peers.hpp"

namespace omnitls::test {
namespace {

struct End {
    Progress progress;
    Errc cause;
    std::optional<Alert> sent;
};
End end_of(const Ours& ours) { return {ours.outcome.progress, ours.cause(), ours.sent()}; }

End server_fed(const std::function<void(Bytes&)>& change) {
    Ours client(client_config());
    client.feed({});
    Bytes hello = client.take_output();
    change(hello);
    Ours server(server_config());
    server.feed(hello);
    return end_of(server);
}

TEST(GnutlsPeerErrors, MalformedClientHellos) {
    EXPECT_EQ(server_fed([](Bytes&) {}).progress, Progress::need_input);
    struct Row {
        std::size_t at;
        std::uint8_t value;
        Alert alert;
    };
    // A ServerHello; a session id that is too long; a record of data, of an unknown type, of too many bytes.
    for (const Row& row :
         {Row{5, 2, Alert::unexpected_message}, Row{43, 200, Alert::decode_error},
          Row{0, 23, Alert::unexpected_message}, Row{0, 99, Alert::unexpected_message},
          Row{3, 0x49, Alert::record_overflow}}) {
        const End end = server_fed([&](Bytes& hello) { hello[row.at] = row.value; });
        EXPECT_EQ(end.progress, Progress::failed) << row.at;
        EXPECT_EQ(end.cause, Errc::protocol_violation) << row.at;
        EXPECT_EQ(end.sent, row.alert) << row.at;
    }
}

TEST(GnutlsPeerErrors, MalformedServerFlights) {
    const auto client_fed = [](const std::function<void(Bytes&)>& change) {
        Ours client(client_config());
        Ours server(server_config());
        client.feed({});
        server.feed(client.take_output());
        Bytes flight = server.take_output();
        change(flight);
        client.feed(flight);
        return end_of(client);
    };
    EXPECT_EQ(client_fed([](Bytes&) {}).progress, Progress::done);
    const End end = client_fed([](Bytes& flight) { flight[5] = 11; });
    EXPECT_EQ(end.cause, Errc::protocol_violation);
    EXPECT_EQ(end.sent, Alert::unexpected_message);
    const End broken = client_fed([](Bytes& flight) { flight.back() ^= 1U; });
    EXPECT_EQ(broken.cause, Errc::bad_record);
    EXPECT_EQ(broken.sent, Alert::bad_record_mac);
}

TEST(GnutlsPeerErrors, PlainTextInTheMiddleIsABrokenStream) {
    for (const bool broken : {true, false}) {
        Ours client(client_config(only12));
        Ours server(server_config(only12));
        client.feed({});
        server.feed(client.take_output());
        ASSERT_EQ(server.outcome.progress, Progress::need_input);
        if (broken) {
            server.feed(as_bytes("EHLO omnitls.test\r\n"));
            EXPECT_EQ(server.cause(), Errc::protocol_violation)
                << server.session->facts().native_text;
            EXPECT_TRUE(server.sent().has_value());
            continue;
        }
        client.feed(server.take_output());
        shake(client, server);
        EXPECT_TRUE(server.done());
    }
}

TEST(GnutlsPeerErrors, AlertsInTheHandshake) {
    const std::pair<Alert, Errc> rows[] = {
        {Alert::protocol_version, Errc::no_common_version},
        {Alert::handshake_failure, Errc::no_common_parameters},
        {Alert::no_application_protocol, Errc::no_common_protocol},
        {Alert::certificate_required, Errc::certificate_required},
        {Alert::unknown_ca, Errc::alert_received},
        {Alert::access_denied, Errc::alert_received},
    };
    for (const auto& [alert, cause] : rows) {
        for (const std::uint8_t level : {std::uint8_t{1}, std::uint8_t{2}}) {
            Ours client(client_config(only12));
            client.feed({});
            client.take_output();
            client.feed(Bytes{21, 3, 3, 0, 2, level, static_cast<std::uint8_t>(alert)});
            // Below 1.3 a warning is no end.
            EXPECT_EQ(client.outcome.progress,
                      level == 2 ? Progress::failed : Progress::need_input);
            EXPECT_EQ(client.session->facts().alert_received,
                      level == 2 ? std::optional(alert) : std::nullopt);
            if (level == 2) {
                EXPECT_EQ(client.cause(), cause);
            }
            EXPECT_FALSE(client.sent().has_value());
        }
    }
}

}  // namespace
}  // namespace omnitls::test
