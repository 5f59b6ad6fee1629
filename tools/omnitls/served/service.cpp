// SPDX-License-Identifier: BSL-1.0
// The loop over commands, the words of errors, and the table of the services.
#include "tools/omnitls/served/service.hpp"

#include <algorithm>
#include <iterator>

namespace omnitls::tool {
namespace {

/// Commands of somebody who has not logged in.
constexpr std::uint64_t most_commands = 64;

struct Row {
    std::string_view protocol;
    std::unique_ptr<Service> (*make)(ServiceTerms);
    bool login;
};
constexpr Row rows[] = {
    {"ftp", make_ftp_service, true},     {"imap", make_imap_service, true},
    {"ldap", make_ldap_service, true},   {"lmtp", make_lmtp_service, false},
    {"mysql", make_mysql_service, true}, {"nntp", make_nntp_service, true},
    {"pop3", make_pop3_service, true},   {"postgresql", make_postgresql_service, true},
    {"sieve", make_sieve_service, true}, {"smtp", make_smtp_service, true},
    {"xmpp", make_xmpp_service, true},   {"xmpp-server", make_xmpp_server_service, false},
};

const Row* find_row(std::string_view protocol) {
    const auto* const found = std::ranges::find(rows, protocol, &Row::protocol);
    return found != std::end(rows) ? found : nullptr;
}

}  // namespace

std::string in_quotes(std::string_view text) { return "\"" + escape_untrusted(text) + "\""; }

void Service::receive(std::string_view bytes) {
    pending_ += bytes;
    take_commands();
}

void Service::take_commands() {
    std::size_t used = 0;
    while (!ended() && errand_.kind == Errand::Kind::none && used < pending_.size()) {
        const std::size_t size = take(std::string_view(pending_).substr(used));
        if (size == 0) break;
        used += size;
    }
    pending_.erase(0, used);
    // What was said over TLS is never read together with what is said after it.
    if (!ended() && errand_.kind == Errand::Kind::stop_tls && !pending_.empty())
        nonsense("client did not wait for the end of TLS: " + in_quotes(pending_));
}

void Service::done(const ErrandResult& result) {
    const Errand errand = std::exchange(errand_, {});
    if (errand.kind == Errand::Kind::stop_tls) plain_ = true;
    on_done(errand, result);
    take_commands();
}

void Service::end_of_input() {
    if (!ended() && !pending_.empty())
        nonsense("client ended in the middle of a command: " + in_quotes(pending_));
}

std::string Service::take_output() {
    if (output_.empty()) return {};
    std::string record = std::move(output_.front());
    output_.pop_front();
    return record;
}

void Service::say(std::string_view bytes) {
    if (output_.empty() || std::exchange(record_ended_, false)) output_.emplace_back();
    output_.back() += bytes;
}

bool Service::count_command() {
    ++report_.commands;
    if (plain_) ++report_.plain_commands;
    if (logged_in() || report_.commands <= most_commands) return true;
    fail(Errc::limit_exceeded,
         "client gave more than " + std::to_string(most_commands) + " commands and did not log in");
    return false;
}

bool Service::log_in(std::string_view name, std::string_view password) {
    const auto& account = terms_.account;
    if (account && (account->name != name || account->password != password)) return false;
    report_.login = name;
    return true;
}

void Service::fail(std::error_code code, std::string_view found, std::string_view hint) {
    std::string what(protocol_);
    what.append(plain_ ? " after TLS, step " : " inside TLS, step ")
        .append(step_name())
        .append(": ")
        .append(found);
    error_ = make_error(code, std::move(what), std::string(hint));
}

void Service::nonsense(std::string_view found, std::string_view hint) {
    fail(std::make_error_code(std::errc::protocol_error), found, hint);
}

void Service::too_long(std::string_view what) {
    fail(Errc::limit_exceeded, "client sent " + std::string(what));
}

std::unique_ptr<Service> make_service(std::string_view protocol, ServiceTerms terms) {
    const Row* const row = find_row(protocol);
    return row != nullptr ? row->make(std::move(terms)) : nullptr;
}

bool has_login(std::string_view protocol) {
    const Row* const row = find_row(protocol);
    return row != nullptr && row->login;
}

// MySQL has no such thing: its login begins with SSLRequest.
bool can_be_direct(std::string_view protocol) { return protocol != "mysql"; }

}  // namespace omnitls::tool
