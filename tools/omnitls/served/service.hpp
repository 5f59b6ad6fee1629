// SPDX-License-Identifier: BSL-1.0
// `Service`: what a server says inside TLS, as a sans-IO state machine: bytes in, bytes out, an end. Each protocol has the least with which
// a real client logs in, gives a command and leaves. A tool for tests: it stores nothing and takes nothing that a client sends further.
#pragma once

#include "tools/omnitls/served/errand.hpp"
#include <omnitls/result.hpp>
#include <omnitls/spi/crypto.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace omnitls::tool {

struct Account {
    std::string name;
    std::string password;
};

struct ServiceTerms {
    std::string name;  ///< The server's, or the domain of XMPP; empty: any domain of XMPP.
    std::optional<Account> account;  ///< The only one there is; nullopt: everybody is let in.
    const spi::Crypto* crypto = nullptr;
    bool greets = false;  ///< TLS was there from the first byte, so nobody has greeted yet.
};

/// Files over data connections.
struct Transfers {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
};

/// What a client did. All of it is the client's word.
struct ServiceReport {
    std::optional<std::string> login;  ///< Who was let in, raw.
    std::uint64_t commands = 0;
    std::uint64_t plain_commands = 0;  ///< Of these, after the way back to plain text.
    std::uint64_t messages = 0;        ///< Mail that was taken and thrown away.
    std::uint64_t message_bytes = 0;
    Transfers over_tls;
    Transfers in_plain_text;
    std::optional<ErrorDetail> transfer_error;  ///< Of the last one that failed.
};

class Service {
public:
    Service(std::string_view protocol, ServiceTerms terms)
        : protocol_(protocol), terms_(std::move(terms)) {}
    virtual ~Service() = default;
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Takes what came, cut in any way; nothing after the end.
    void receive(std::string_view bytes);
    /// The client has closed its side.
    void end_of_input();
    /// What there is to send next, in a record of its own; empty: nothing.
    std::string take_output();
    /// What the connection has to do once the output is sent; until it calls `done`, no command is taken.
    const Errand& errand() const noexcept { return errand_; }
    void done(const ErrandResult& result);
    /// A goodbye or an error: what is in the output is sent, then the connection ends.
    bool ended() const noexcept { return left_ || error_; }
    const std::optional<ErrorDetail>& error() const noexcept { return error_; }
    const ServiceReport& report() const noexcept { return report_; }
    /// For messages: where the client is.
    virtual std::string_view step_name() const { return logged_in() ? "commands" : "login"; }

protected:
    /// Takes the next command off the start of `bytes` and answers it. Returns the bytes that were used; 0: it is not all there.
    virtual std::size_t take(std::string_view bytes) = 0;
    virtual void on_done(const Errand&, const ErrandResult&) {}

    void say(std::string_view bytes);
    /// What is said from here on goes into another record.
    void end_record() noexcept { record_ended_ = true; }
    void leave() noexcept { left_ = true; }
    void send_on(Errand errand) { errand_ = std::move(errand); }
    /// TLS is over, and the connection is not.
    bool is_plain() const noexcept { return plain_; }
    /// A command came. False: it is one too many for somebody who has not logged in, and the end.
    bool count_command();
    /// Whether this account may log in; if so, it is.
    bool log_in(std::string_view name, std::string_view password);
    bool logged_in() const noexcept { return report_.login.has_value(); }
    /// Ends with "PROTOCOL inside TLS (after TLS), step STEP: `found`".
    void fail(std::error_code code, std::string_view found, std::string_view hint = {});
    /// The client broke the protocol.
    void nonsense(std::string_view found, std::string_view hint = {});
    void too_long(std::string_view what);

    const ServiceTerms& terms() const noexcept { return terms_; }
    ServiceReport& noted() noexcept { return report_; }

private:
    void take_commands();

    std::string_view protocol_;
    ServiceTerms terms_;
    std::string pending_;             ///< The start of a command.
    std::deque<std::string> output_;  ///< Records.
    bool record_ended_ = false;
    Errand errand_;
    bool plain_ = false;
    ServiceReport report_;
    bool left_ = false;
    std::optional<ErrorDetail> error_;
};

/// `text` in double quotes, escaped.
std::string in_quotes(std::string_view text);

/// The service of a protocol of `starttls::protocols()`.
std::unique_ptr<Service> make_service(std::string_view protocol, ServiceTerms terms);
/// Whether its clients say who they are by name and password.
bool has_login(std::string_view protocol);
/// Whether it can be spoken with TLS from the first byte.
bool can_be_direct(std::string_view protocol);

std::unique_ptr<Service> make_ftp_service(ServiceTerms terms);
std::unique_ptr<Service> make_imap_service(ServiceTerms terms);
std::unique_ptr<Service> make_ldap_service(ServiceTerms terms);
std::unique_ptr<Service> make_lmtp_service(ServiceTerms terms);
std::unique_ptr<Service> make_mysql_service(ServiceTerms terms);
std::unique_ptr<Service> make_nntp_service(ServiceTerms terms);
std::unique_ptr<Service> make_pop3_service(ServiceTerms terms);
std::unique_ptr<Service> make_postgresql_service(ServiceTerms terms);
std::unique_ptr<Service> make_sieve_service(ServiceTerms terms);
std::unique_ptr<Service> make_smtp_service(ServiceTerms terms);
std::unique_ptr<Service> make_xmpp_service(ServiceTerms terms);
std::unique_ptr<Service> make_xmpp_server_service(ServiceTerms terms);

}  // namespace omnitls::tool
