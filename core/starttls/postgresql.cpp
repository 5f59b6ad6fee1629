// SPDX-License-Identifier: BSL-1.0
// PostgreSQL (protocol 3.0, "SSL Session Encryption"), both roles: SSLRequest, and one byte that answers it.
#include "core/starttls/dialogue_base.hpp"
#include <omnitls/starttls/postgresql.hpp>

#include <string>

namespace omnitls::inline v0::core {
namespace {

using namespace std::string_view_literals;

// Length 8, then a number that stands where a version would (1234 << 16 | 5679 and 5680).
constexpr std::string_view ssl_request = "\0\0\0\x08\x04\xd2\x16\x2f"sv;
constexpr std::string_view gss_request = "\0\0\0\x08\x04\xd2\x16\x30"sv;

class PostgresqlClient final : public DialogueBase {
public:
    explicit PostgresqlClient(starttls::Offer offer) : DialogueBase(offer) { send(ssl_request); }
    std::string_view protocol() const noexcept override { return "postgresql"; }
    std::string_view step_name() const noexcept override { return "SSLRequest"; }

private:
    std::string_view expected() const override { return "\"S\" to SSLRequest"; }
    void feed(std::uint8_t byte) override {
        switch (byte) {
            case 'S':
                return finish(true);
            case 'N':
                return not_offered("server answered \"N\"", "N");
            case 'E':
                // What it goes on to say is not protected, and was shown to users as if it were (CVE-2024-10977).
                return fail(Errc::starttls_refused, "server answered with an error", "E",
                            "it is not the server's for sure; its log may say why");
            default:
                return fail(Errc::starttls_protocol,
                            "server sent " + in_quotes({reinterpret_cast<const char*>(&byte), 1}),
                            {}, "is this a PostgreSQL port?");
        }
    }
};

class PostgresqlServer final : public DialogueBase {
public:
    PostgresqlServer() : DialogueBase(starttls::Offer::required) {}
    std::string_view protocol() const noexcept override { return "postgresql"; }
    std::string_view step_name() const noexcept override { return "SSLRequest"; }

private:
    std::string_view expected() const override { return "SSLRequest"; }
    std::string_view peer() const noexcept override { return "client"; }
    void feed(std::uint8_t byte) override {
        request_ += static_cast<char>(byte);
        if (request_.size() < ssl_request.size()) return;
        if (request_ == ssl_request) {
            send("S");
            return finish(true);
        }
        // A client may try that first, once.
        if (request_ == gss_request && !asked_gss_) {
            asked_gss_ = true;
            request_.clear();
            return send("N");
        }
        fail(Errc::starttls_refused, "client went on without TLS", request_);
    }

    std::string request_;
    bool asked_gss_ = false;
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> postgresql_client(Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::PostgresqlClient>(offer));
}

Result<std::unique_ptr<Dialogue>> postgresql_server() {
    return std::unique_ptr<Dialogue>(std::make_unique<core::PostgresqlServer>());
}

}  // namespace omnitls::inline v0::starttls
