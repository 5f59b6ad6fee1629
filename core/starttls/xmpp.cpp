// SPDX-License-Identifier: BSL-1.0
// XMPP (RFC 6120 §5), the side that opens the stream: stream header, features, <starttls/>, <proceed/>.
#include "core/starttls/dialogue_base.hpp"
#include "core/starttls/xml_tokens.hpp"
#include "core/starttls/xmpp_stream.hpp"
#include <omnitls/starttls/xmpp.hpp>

#include <utility>

namespace omnitls::inline v0::core {
namespace {

enum class XmppStep : unsigned char { header, features, proceed };
/// The first-level element that is being read.
enum class Inside : unsigned char { none, features, proceed, error };

class XmppDialogue final : public DialogueBase {
public:
    XmppDialogue(const XmppKind& kind, std::string_view domain, std::string_view from,
                 starttls::Offer offer)
        : DialogueBase(offer), kind_(kind) {
        // RFC 6120 §4.7: 'to' and 'version' are required of the initiating entity, and 'from' of a server.
        std::string attributes = " to='" + std::string(domain) + "'";
        if (!from.empty()) attributes += " from='" + std::string(from) + "'";
        send(stream_header(kind_, attributes));
    }

    std::string_view protocol() const noexcept override { return kind_.protocol; }
    std::string_view step_name() const noexcept override {
        switch (step_) {
            case XmppStep::header:
                return "stream header";
            case XmppStep::features:
                return "stream features";
            case XmppStep::proceed:
                break;
        }
        return "STARTTLS";
    }

private:
    std::string_view expected() const override {
        switch (step_) {
            case XmppStep::header:
                return "a stream header";
            case XmppStep::features:
                return features_read_ ? "<starttls/> among the stream features"
                                      : "<stream:features> after the stream header";
            case XmppStep::proceed:
                break;
        }
        return "<proceed/> to <starttls/>";
    }

    /// RFC 6120 §4.6.1: white space keeps a stream alive, and one that crosses our <starttls/> is nobody's fault.
    bool may_come_early(std::uint8_t byte) const override {
        return step_ == XmppStep::proceed &&
               is_white_space({reinterpret_cast<const char*>(&byte), 1});
    }

    void feed(std::uint8_t byte) override {
        const XmlToken token = tokens_.push(byte);
        switch (token.kind) {
            case XmlToken::Kind::none:
            case XmlToken::Kind::declaration:
                return;
            case XmlToken::Kind::start:
                return on_start(token);
            case XmlToken::Kind::end:
                return on_end(token);
            case XmlToken::Kind::text:
                return on_text(token);
            case XmlToken::Kind::error:
                return on_bad_xml(token);
        }
    }

    void on_start(const XmlToken& token) {
        if (token.depth == 0) return on_header(token);
        if (token.depth == 1) {
            on_first_level(token);
        } else {
            on_nested(token);
        }
        // An empty element is its own end, unless it was refused.
        if (token.empty && !ended()) on_end(token);
    }

    void on_header(const XmlToken& token) {
        if (!token.name.is(streams_namespace, "stream") || token.empty) {
            return protocol_error("server sent " + element_text(token));
        }
        const std::string* version = token.attribute("version");
        if (version == nullptr || *version != "1.0") {
            return protocol_error(version == nullptr
                                      ? "server's stream has no version, so it has no features"
                                      : "server's stream has version " + in_quotes(*version));
        }
        begin(XmppStep::features);
    }

    void on_first_level(const XmlToken& token) {
        if (token.name.is(streams_namespace, "error")) {
            inside_ = Inside::error;
        } else if (step_ == XmppStep::features && token.name.is(streams_namespace, "features")) {
            inside_ = Inside::features;
        } else if (step_ == XmppStep::proceed && token.name.is(tls_namespace, "proceed")) {
            inside_ = Inside::proceed;
        } else if (step_ == XmppStep::proceed && token.name.is(tls_namespace, "failure")) {
            // RFC 6120 §5.4.2.2: the server closes the stream after this; nothing in it is of use.
            fail(Errc::starttls_refused, "server answered <failure/>", "<failure/>",
                 "the server's log says why it cannot start TLS");
        } else {
            protocol_error("server sent " + element_text(token));
        }
    }

    void on_nested(const XmlToken& token) {
        if (inside_ == Inside::proceed) {
            return protocol_error("server put " + element_text(token) + " into <proceed>");
        }
        if (token.depth != 2) return;
        if (inside_ == Inside::features) {
            if (token.name.is(tls_namespace, "starttls")) offered_ = true;
            add_offer(token.name.local);
        } else if (inside_ == Inside::error && token.name.ns == stream_errors_namespace) {
            in_error_text_ = token.name.local == "text" && !token.empty;
            if (token.name.local != "text" && condition_.empty()) condition_ = token.name.local;
        }
    }

    void on_end(const XmlToken& token) {
        if (token.depth == 0) return protocol_error("server closed the stream");
        in_error_text_ = false;
        if (token.depth != 1) return;
        switch (std::exchange(inside_, Inside::none)) {
            case Inside::none:
                return;
            case Inside::features:
                return on_features();
            case Inside::proceed:
                return finish(true);
            case Inside::error:
                return on_stream_error();
        }
    }

    void on_features() {
        features_read_ = true;
        if (!offered_) {
            return not_offered(offered().empty() ? "server offers nothing"
                                                 : "server offers \"" + offered() + "\"");
        }
        begin(XmppStep::proceed);
        send("<starttls xmlns='" + std::string(tls_namespace) + "'/>");
    }

    void on_stream_error() {
        const std::string condition = condition_.empty() ? "without condition" : condition_;
        std::string found = "server sent stream error " + in_quotes(condition);
        if (!error_text_.empty()) found += ": " + in_quotes(error_text_);
        fail(Errc::starttls_protocol, found, condition,
             condition_ == "host-unknown" ? "the server does not serve this domain: check the name"
                                          : "the server's log may say why");
    }

    void on_text(const XmlToken& token) {
        if (in_error_text_) error_text_ = token.text;
        const bool space = is_white_space(token.text);
        if (space || (token.depth > 1 && inside_ != Inside::proceed)) return;
        protocol_error("server sent text: " + in_quotes(token.text));
    }

    void on_bad_xml(const XmlToken& token) {
        if (token.limit) return fail(Errc::limit_exceeded, "server sent " + token.text);
        protocol_error("server sent " + token.text);
    }

    void protocol_error(std::string_view found) {
        fail(Errc::starttls_protocol, found, {}, kind_.hint);
    }

    void begin(XmppStep step) {
        step_ = step;
        next_step();
    }

    const XmppKind& kind_;
    XmppStep step_ = XmppStep::header;
    Inside inside_ = Inside::none;
    bool offered_ = false;
    bool features_read_ = false;
    bool in_error_text_ = false;
    std::string condition_;
    std::string error_text_;
    XmlTokenizer tokens_;
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> xmpp_client(std::string_view domain, Offer offer) {
    if (auto error = core::domain_problem(core::xmpp_to_server, domain)) return *std::move(error);
    return std::unique_ptr<Dialogue>(std::make_unique<core::XmppDialogue>(
        core::xmpp_to_server, domain, std::string_view(), offer));
}

Result<std::unique_ptr<Dialogue>> xmpp_s2s_client(std::string_view domain,
                                                  std::string_view own_domain, Offer offer) {
    for (const std::string_view name : {domain, own_domain})
        if (auto error = core::domain_problem(core::xmpp_between_servers, name))
            return *std::move(error);
    return std::unique_ptr<Dialogue>(std::make_unique<core::XmppDialogue>(
        core::xmpp_between_servers, domain, own_domain, offer));
}

}  // namespace omnitls::inline v0::starttls
