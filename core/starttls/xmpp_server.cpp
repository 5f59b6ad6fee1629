// SPDX-License-Identifier: BSL-1.0
// XMPP (RFC 6120 §5), the side that the stream is opened to: its header, features that require TLS, <proceed/>.
#include "core/starttls/dialogue_base.hpp"
#include "core/starttls/xmpp_stream.hpp"
#include <omnitls/starttls/xmpp.hpp>

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

class XmppServer final : public DialogueBase {
public:
    XmppServer(const XmppKind& kind, std::string_view domain, std::string_view stream_id)
        : DialogueBase(starttls::Offer::required), kind_(kind), domain_(domain), id_(stream_id) {}

    std::string_view protocol() const noexcept override { return kind_.protocol; }
    std::string_view step_name() const noexcept override {
        return opened_ ? "STARTTLS" : "stream header";
    }

private:
    std::string_view expected() const override {
        return opened_ ? "<starttls/>" : "a stream header to this domain";
    }
    std::string_view peer() const noexcept override { return "client"; }

    /// RFC 6120 §4.6.1: white space keeps a stream alive; some clients end their header with it.
    bool may_come_early(std::uint8_t byte) const override {
        return is_white_space({reinterpret_cast<const char*>(&byte), 1});
    }

    void feed(std::uint8_t byte) override {
        const XmlToken token = tokens_.push(byte);
        switch (token.kind) {
            case XmlToken::Kind::none:
            case XmlToken::Kind::declaration:
                return;
            case XmlToken::Kind::start:
                return opened_ ? on_element(token) : on_header(token);
            case XmlToken::Kind::end:
                return on_end(token);
            case XmlToken::Kind::text:
                if (is_white_space(token.text) && !asked_) return;
                return nonsense("client sent text: " + in_quotes(token.text));
            case XmlToken::Kind::error:
                if (token.limit) return fail(Errc::limit_exceeded, "client sent " + token.text);
                return nonsense("client sent " + token.text);
        }
    }

    void on_header(const XmlToken& token) {
        if (!token.name.is(streams_namespace, "stream") || token.empty)
            return nonsense("client sent " + element_text(token));
        const std::string* version = token.attribute("version");
        if (version == nullptr || *version != "1.0")
            return nonsense("client's stream has no version 1.0, so it has no features");
        const std::string* to = token.attribute("to");
        const bool any = domain_.empty() && to != nullptr && !domain_problem(kind_, *to);
        if (any) domain_ = *to;
        if (to == nullptr || *to != domain_) {
            return nonsense(to == nullptr ? "client's stream is to nobody"
                                          : "client's stream is to " + in_quotes(*to));
        }
        opened_ = true;
        add_offer(domain_);
        next_step();
        send(stream_header(kind_, " from='" + domain_ + "' id='" + id_ + "'") +
             "<stream:features><starttls xmlns='" + std::string(tls_namespace) +
             "'><required/></starttls></stream:features>");
    }

    void on_element(const XmlToken& token) {
        // RFC 6120 §5.4.2.1: empty, and nothing else before TLS, since it is required.
        if (asked_ || token.depth != 1 || !token.name.is(tls_namespace, "starttls"))
            return nonsense("client sent " + element_text(token));
        asked_ = true;
        if (token.empty) on_end(token);
    }

    void on_end(const XmlToken& token) {
        if (token.depth == 0) return nonsense("client closed the stream");
        if (token.depth != 1 || !asked_) return;
        send("<proceed xmlns='" + std::string(tls_namespace) + "'/>");
        finish(true);
    }

    void nonsense(std::string_view found) { fail(Errc::starttls_protocol, found, {}, kind_.hint); }

    const XmppKind& kind_;
    std::string domain_;  ///< Empty: what the client names.
    const std::string id_;
    bool opened_ = false;
    bool asked_ = false;
    XmlTokenizer tokens_;
};

Result<std::unique_ptr<starttls::Dialogue>> server(const XmppKind& kind, std::string_view domain,
                                                   std::string_view stream_id) {
    if (!domain.empty())
        if (auto error = domain_problem(kind, domain)) return *std::move(error);
    const bool fits =
        !stream_id.empty() && stream_id.size() <= 64 && std::ranges::all_of(stream_id, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   c == '-' || c == '_';
        });
    if (!fits) {
        return make_error(make_error_code(Errc::bad_input),
                          "STARTTLS (" + std::string(kind.protocol) + "): the stream id \"" +
                              escape_untrusted(stream_id) +
                              "\" is not of 1 to 64 letters, digits, '-' and '_'");
    }
    return std::unique_ptr<starttls::Dialogue>(
        std::make_unique<XmppServer>(kind, domain, stream_id));
}

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> xmpp_server(std::string_view domain, std::string_view stream_id) {
    return core::server(core::xmpp_to_server, domain, stream_id);
}

Result<std::unique_ptr<Dialogue>> xmpp_s2s_server(std::string_view domain,
                                                  std::string_view stream_id) {
    return core::server(core::xmpp_between_servers, domain, stream_id);
}

}  // namespace omnitls::inline v0::starttls
