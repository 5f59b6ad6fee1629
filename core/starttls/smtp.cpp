// SPDX-License-Identifier: BSL-1.0
// SMTP (RFC 3207 on RFC 5321), client side: greeting, EHLO, STARTTLS.
#include "core/starttls/line_dialogue.hpp"
#include <omnitls/identity.hpp>
#include <omnitls/starttls/smtp.hpp>

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

enum class SmtpStep : unsigned char { greeting, ehlo, starttls };

class SmtpDialogue final : public LineDialogue {
public:
    SmtpDialogue(std::string_view client_name, starttls::Offer offer)
        : LineDialogue(offer), client_name_(client_name) {}

    std::string_view protocol() const noexcept override { return "smtp"; }
    std::string_view step_name() const noexcept override {
        switch (step_) {
            case SmtpStep::greeting:
                return "greeting";
            case SmtpStep::ehlo:
                return "EHLO";
            case SmtpStep::starttls:
                break;
        }
        return "STARTTLS";
    }

private:
    std::string_view expected() const override {
        switch (step_) {
            case SmtpStep::greeting:
                return "220 greeting";
            case SmtpStep::ehlo:
                return offered_checked_ ? "the STARTTLS keyword" : "250 to EHLO";
            case SmtpStep::starttls:
                break;
        }
        return "220 to STARTTLS";
    }

    void on_line(std::string_view line) override {
        switch (reply_.add(line)) {
            case ReplyReader::State::more:
                return;
            case ReplyReader::State::complete:
                on_reply();
                break;
            case ReplyReader::State::malformed:
                fail(Errc::starttls_protocol,
                     "server sent " + in_quotes(line) + ", which is no reply", {},
                     "is this an SMTP port?");
                return;
            case ReplyReader::State::code_mismatch:
                fail(Errc::starttls_protocol,
                     "server changed the code within one reply: " + in_quotes(reply_.to_string()) +
                         ", then " + in_quotes(line));
                return;
        }
        reply_.clear();
    }

    void on_reply() {
        switch (step_) {
            case SmtpStep::greeting:
                on_greeting();
                return;
            case SmtpStep::ehlo:
                on_ehlo();
                return;
            case SmtpStep::starttls:
                on_go_ahead();
                return;
        }
    }

    void on_greeting() {
        if (reply_.code() != 220) return unexpected();
        begin(SmtpStep::ehlo, "EHLO " + client_name_ + "\r\n");
    }

    void on_ehlo() {
        // RFC 5321 §3.2: a server that does not know EHLO has no extensions, so no STARTTLS either.
        if (reply_.code() == 500 || reply_.code() == 502) {
            return not_offered("server answered " + in_quotes(reply_.to_string()),
                               reply_.to_string());
        }
        if (reply_.code() != 250) return unexpected();
        bool offered = false;
        // RFC 5321 §4.1.1.1: the first line is the server's name and greeting, whatever it spells.
        for (auto line = reply_.texts().begin() + 1; line != reply_.texts().end(); ++line) {
            const std::string_view keyword = std::string_view(*line).substr(0, line->find(' '));
            offered = offered || equal_ignoring_case(keyword, "STARTTLS");
            add_offer(*line);
        }
        offered_checked_ = true;
        if (!offered) return not_offered(found_offers());
        begin(SmtpStep::starttls, "STARTTLS\r\n");
    }

    void on_go_ahead() {
        if (reply_.code() != 220) return unexpected();
        finish(true);
    }

    /// A code that is not the one: 4xx and 5xx are refusals, anything else has no place here.
    void unexpected() {
        const std::string text = reply_.to_string();
        const bool refused = reply_.code() >= 400;
        fail(refused ? Errc::starttls_refused : Errc::starttls_protocol,
             "server answered " + in_quotes(text), text,
             refused ? "the server's log may say why" : "is this an SMTP port?");
    }

    std::string found_offers() const {
        return offer_text().empty() ? "server offers no extensions"
                                    : "server offers \"" + offer_text() + "\"";
    }

    void begin(SmtpStep step, std::string_view command) {
        step_ = step;
        next_step();
        send(command);
    }

    std::string client_name_;
    SmtpStep step_ = SmtpStep::greeting;
    bool offered_checked_ = false;  ///< The EHLO reply was read; only its content can be wrong now.
    ReplyReader reply_;
};

bool is_letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= 63 && is_letter_or_digit(label.front()) &&
           is_letter_or_digit(label.back()) && std::all_of(label.begin(), label.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-';
           });
}

/// RFC 5321 §4.1.2: Domain, A-labels only.
bool is_domain(std::string_view name) noexcept {
    if (name.empty() || name.size() > 255) return false;
    for (;;) {
        const std::size_t dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

/// RFC 5321 §4.1.3: "[192.0.2.1]" or "[IPv6:2001:db8::1]".
bool is_address_literal(std::string_view name) {
    if (name.size() < 3 || name.front() != '[' || name.back() != ']') return false;
    std::string_view address = name.substr(1, name.size() - 2);
    const bool v6 = equal_ignoring_case(address.substr(0, 5), "IPv6:");
    if (v6) address.remove_prefix(5);
    const auto parsed = ReferenceIdentity::ip(address);
    return parsed && parsed->address().size() == (v6 ? 16U : 4U);
}

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> smtp_client(std::string_view client_name, Offer offer) {
    if (!core::is_domain(client_name) && !core::is_address_literal(client_name)) {
        return make_error(
            make_error_code(Errc::bad_input),
            "STARTTLS (smtp): the client name \"" + escape_untrusted(client_name) +
                "\" is no domain and no address literal",
            "give a name such as client.example.org, or [192.0.2.1] or [IPv6:2001:db8::1]");
    }
    return std::unique_ptr<Dialogue>(std::make_unique<core::SmtpDialogue>(client_name, offer));
}

}  // namespace omnitls::inline v0::starttls
