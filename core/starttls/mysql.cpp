// SPDX-License-Identifier: BSL-1.0
// MySQL and MariaDB (protocol 10), both roles: the greeting, and an SSLRequest that nobody answers.
#include "core/starttls/dialogue_base.hpp"
#include <omnitls/starttls/mysql.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

constexpr std::uint32_t client_protocol_41 = 0x0200;
constexpr std::uint32_t client_ssl = 0x0800;
constexpr std::size_t packet_header =
    4;  // three bytes of length, low byte first, and a number that counts up
constexpr std::size_t ssl_request_size = 32;

std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (auto c = bytes.rbegin(); c != bytes.rend(); ++c)
        value = value << 8U | static_cast<std::uint8_t>(*c);
    return value;
}

/// The lower half of the capabilities of a greeting; nullopt if it is none of protocol 10.
std::optional<std::uint32_t> greeting_capabilities(std::string_view payload) {
    if (payload.empty() || payload[0] != 10) return std::nullopt;
    const std::size_t version_end = payload.find('\0', 1);
    if (version_end == std::string_view::npos) return std::nullopt;
    // Behind the version: the connection's number, eight bytes of a challenge, one of nothing.
    const std::size_t at = version_end + 1 + 4 + 8 + 1;
    if (payload.size() < at + 2) return std::nullopt;
    return number(payload.substr(at, 2));
}

/// Cuts what comes into packets.
class MysqlDialogue : public DialogueBase {
public:
    using DialogueBase::DialogueBase;
    std::string_view protocol() const noexcept final { return "mysql"; }

protected:
    /// `sequence`: the packet's number.
    virtual void on_packet(std::string_view payload, unsigned sequence) = 0;
    void nonsense(std::string_view what) {
        fail(Errc::starttls_protocol, std::string(peer()) + " sent " + std::string(what), {},
             "is this a MySQL port?");
    }

private:
    void feed(std::uint8_t byte) final {
        packet_ += static_cast<char>(byte);
        if (packet_.size() < packet_header) return;
        const std::size_t size = packet_header + number(std::string_view(packet_).substr(0, 3));
        if (size > dialogue_unit_limit) {
            return fail(Errc::limit_exceeded,
                        std::string(peer()) + " sent a packet of more than 4096 bytes");
        }
        if (packet_.size() < size) return;
        const std::string packet = std::exchange(packet_, {});
        on_packet(std::string_view(packet).substr(packet_header),
                  static_cast<std::uint8_t>(packet[3]));
    }

    std::string packet_;
};

class MysqlClient final : public MysqlDialogue {
public:
    MysqlClient(const starttls::MysqlLogin& login, starttls::Offer offer)
        : MysqlDialogue(offer), login_(login) {}
    std::string_view step_name() const noexcept override { return "greeting"; }

private:
    std::string_view expected() const override { return "a greeting that offers TLS"; }

    void on_packet(std::string_view payload, unsigned sequence) override {
        if (payload.starts_with('\xff')) {
            const std::string_view text = payload.substr(std::min<std::size_t>(payload.size(), 3));
            return fail(Errc::starttls_refused, "server sent the error " + in_quotes(text), text,
                        "the server's log may say why");
        }
        const auto capabilities = greeting_capabilities(payload);
        if (!capabilities || sequence != 0) return nonsense("what is no greeting of protocol 10");
        if ((*capabilities & client_ssl) == 0) return not_offered("server does not offer TLS");
        const std::uint32_t wanted = login_.capabilities | client_protocol_41 | client_ssl;
        std::string packet{ssl_request_size, 0, 0, 1};
        for (const std::uint32_t field : {wanted, login_.max_packet})
            for (unsigned shift = 0; shift < 32; shift += 8)
                packet += static_cast<char>(field >> shift);
        packet += static_cast<char>(login_.character_set);
        packet.resize(packet_header + ssl_request_size);
        send(packet);
        finish(true);
    }

    const starttls::MysqlLogin login_;
};

class MysqlServer final : public MysqlDialogue {
public:
    explicit MysqlServer(std::string_view greeting) : MysqlDialogue(starttls::Offer::required) {
        std::string packet{static_cast<char>(greeting.size()),
                           static_cast<char>(greeting.size() >> 8U), 0, 0};
        send(packet.append(greeting));
    }
    std::string_view step_name() const noexcept override { return "SSLRequest"; }
    bool tls_may_follow() const noexcept override { return true; }

private:
    std::string_view expected() const override { return "SSLRequest"; }
    std::string_view peer() const noexcept override { return "client"; }

    void on_packet(std::string_view payload, unsigned sequence) override {
        if (payload.size() < ssl_request_size || sequence != 1)
            return nonsense("what is no answer to a greeting");
        const bool wants = (number(payload.substr(0, 4)) & client_ssl) != 0;
        if (!wants) return fail(Errc::starttls_refused, "client logs in without TLS");
        // More would be the login itself, in plain text.
        if (payload.size() > ssl_request_size) return nonsense("a login before TLS");
        finish(true);
    }
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> mysql_client(const MysqlLogin& login, Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::MysqlClient>(login, offer));
}

Result<std::unique_ptr<Dialogue>> mysql_server(std::string_view greeting) {
    const auto capabilities = core::greeting_capabilities(greeting);
    if (!capabilities || greeting.size() > 1024 || (*capabilities & core::client_ssl) == 0) {
        return make_error(make_error_code(Errc::bad_input),
                          "STARTTLS (mysql): the greeting is none of protocol 10 of at most 1024 "
                          "bytes with the capability CLIENT_SSL",
                          "give the payload of the packet, without its four bytes of header");
    }
    return std::unique_ptr<Dialogue>(std::make_unique<core::MysqlServer>(greeting));
}

}  // namespace omnitls::inline v0::starttls
