// SPDX-License-Identifier: BSL-1.0
// XMPP (RFC 6120) with SASL PLAIN, a resource, and nobody to talk to; among servers with dialback (XEP-0220), which believes everybody.
#include "tools/omnitls/served/sasl_plain.hpp"
#include "tools/omnitls/served/service.hpp"
#include "tools/omnitls/served/xml_reader.hpp"

#include <array>
#include <stdexcept>

namespace omnitls::tool {
namespace {

constexpr std::size_t piece_limit = std::size_t{8} * 1024;
constexpr std::string_view streams_ns = "http://etherx.jabber.org/streams";
constexpr std::string_view sasl_ns = "urn:ietf:params:xml:ns:xmpp-sasl";
constexpr std::string_view bind_ns = "urn:ietf:params:xml:ns:xmpp-bind";
constexpr std::string_view session_ns = "urn:ietf:params:xml:ns:xmpp-session";
constexpr std::string_view dialback_ns = "jabber:server:dialback";
constexpr std::string_view roster_ns = "jabber:iq:roster";
constexpr std::string_view ping_ns = "urn:xmpp:ping";

/// What both kinds of stream share: headers, restarts, errors, the end.
class XmppStream : public Service {
public:
    XmppStream(std::string_view protocol, std::string_view content_ns, ServiceTerms terms)
        : Service(protocol, std::move(terms)), content_ns_(content_ns) {}

protected:
    /// The features of the stream that has begun.
    virtual std::string features() const = 0;
    virtual void on_stanza(const XmlElement& stanza) = 0;

    const std::string& domain() const noexcept { return domain_; }
    std::string_view content_ns() const noexcept { return content_ns_; }
    /// The next thing the client says is the header of another stream (RFC 6120 §4.3.3).
    void restart() {
        reader_ = {};
        open_ = false;
    }
    /// Letters of base 16 that nobody can guess.
    std::string random_text() const {
        std::array<std::uint8_t, 10> bytes{};
        if (!terms().crypto->random(bytes)) throw std::runtime_error("no random bytes");
        std::string text;
        for (const std::uint8_t byte : bytes) {
            text += "0123456789abcdef"[byte >> 4U];
            text += "0123456789abcdef"[byte & 15U];
        }
        return text;
    }
    /// RFC 6120 §4.9: the last that is said in a stream.
    void stream_error(std::string_view condition, std::string_view found) {
        say("<stream:error><" + std::string(condition) +
            " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
        nonsense(found);
    }

private:
    std::string_view step_name() const override { return open_ ? "stanzas" : "stream header"; }

    std::size_t take(std::string_view bytes) override {
        XmlPiece piece = reader_.next(bytes.substr(0, piece_limit));
        using Kind = XmlPiece::Kind;
        if (piece.kind == Kind::more && bytes.size() >= piece_limit)
            too_long("an element of more than 8192 bytes");
        switch (piece.kind) {
            case Kind::more:
            case Kind::space:
                break;
            case Kind::stream:
                on_header(piece.element);
                break;
            case Kind::stanza:
                if (count_command()) on_stanza(piece.element);
                break;
            case Kind::end:
                say("</stream:stream>");
                leave();
                break;
            case Kind::malformed:
                if (!open_) open({});
                stream_error("not-well-formed",
                             "client sent " + in_quotes(bytes.substr(0, 64)) + ", not XML of XMPP");
        }
        return piece.kind == Kind::more ? 0 : piece.size;
    }

    void on_header(const XmlElement& header) {
        const std::string to = header.attribute("to");
        open(to);
        if (!header.is(streams_ns, "stream") || header.attribute("version") != "1.0")
            return stream_error("bad-format", "client opened no stream of version 1.0");
        if (to.empty() || (!terms().name.empty() && to != terms().name))
            return stream_error("host-unknown", "client's stream is to " + in_quotes(to));
        domain_ = to;
        say("<stream:features>" + features() + "</stream:features>");
    }
    void open(std::string_view to) {
        open_ = true;
        const std::string from = terms().name.empty() ? std::string(to) : terms().name;
        say("<?xml version='1.0'?><stream:stream from='" + xml_escaped(from) + "' id='" +
            random_text() + "' version='1.0' xmlns='" + std::string(content_ns_) +
            "' xmlns:stream='" + std::string(streams_ns) + "' xmlns:db='" +
            std::string(dialback_ns) + "'>");
    }

    std::string_view content_ns_;
    std::string domain_;
    bool open_ = false;
    XmlReader reader_;
};

class XmppClients final : public XmppStream {
public:
    explicit XmppClients(ServiceTerms terms)
        : XmppStream("xmpp", "jabber:client", std::move(terms)) {}

private:
    std::string features() const override {
        if (!logged_in())
            return "<mechanisms xmlns='" + std::string(sasl_ns) +
                   "'><mechanism>PLAIN</mechanism></mechanisms>";
        return "<bind xmlns='" + std::string(bind_ns) + "'/><session xmlns='" +
               std::string(session_ns) + "'><optional/></session>";
    }

    void on_stanza(const XmlElement& stanza) override {
        if (!logged_in()) {
            if (stanza.is(sasl_ns, "auth")) return authenticate(stanza);
            return stream_error("not-authorized", "client sent <" + escape_untrusted(stanza.name) +
                                                      "> before it logged in");
        }
        // Messages and presences go to nobody.
        if (stanza.is(content_ns(), "iq")) on_iq(stanza);
    }

    void authenticate(const XmlElement& auth) {
        const bool plain = auth.attribute("mechanism") == "PLAIN";
        const auto account = plain ? read_plain(auth.text) : std::nullopt;
        if (account && log_in(account->name, account->password)) {
            say("<success xmlns='" + std::string(sasl_ns) + "'/>");
            return restart();
        }
        const char* const why = !plain    ? "invalid-mechanism"
                                : account ? "not-authorized"
                                          : "malformed-request";
        say("<failure xmlns='" + std::string(sasl_ns) + "'><" + why + "/></failure>");
    }

    void on_iq(const XmlElement& iq) {
        const std::string type = iq.attribute("type");
        if (type != "get" && type != "set") return;  // an answer to nothing that was asked
        if (const XmlElement* bind = iq.child(bind_ns, "bind")) return on_bind(iq, *bind);
        if (iq.child(session_ns, "session") != nullptr || iq.child(ping_ns, "ping") != nullptr)
            return answer(iq, "result", {});
        if (type == "get" && iq.child(roster_ns, "query") != nullptr)
            return answer(iq, "result", "<query xmlns='" + std::string(roster_ns) + "'/>");
        answer(iq, "error",
               "<error type='cancel'><service-unavailable "
               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
    }
    void on_bind(const XmlElement& iq, const XmlElement& bind) {
        const XmlElement* const asked = bind.child(bind_ns, "resource");
        const bool named = asked != nullptr && !asked->text.empty();
        const std::string jid =
            *report().login + '@' + domain() + '/' + (named ? asked->text : random_text());
        answer(iq, "result",
               "<bind xmlns='" + std::string(bind_ns) + "'><jid>" + xml_escaped(jid) +
                   "</jid></bind>");
    }
    void answer(const XmlElement& iq, std::string_view type, std::string_view content) {
        std::string text = "<iq type='";
        text.append(type).append("' id='").append(xml_escaped(iq.attribute("id"))).append("'>");
        say(text.append(content).append("</iq>"));
    }
};

class XmppServers final : public XmppStream {
public:
    explicit XmppServers(ServiceTerms terms)
        : XmppStream("xmpp-server", "jabber:server", std::move(terms)) {}

private:
    std::string features() const override {
        return "<dialback xmlns='urn:xmpp:features:dialback'/>";
    }

    void on_stanza(const XmlElement& stanza) override {
        const std::string from = stanza.attribute("from");
        const std::string to = stanza.attribute("to");
        const bool result = stanza.is(dialback_ns, "result");
        if (result || stanza.is(dialback_ns, "verify")) {
            if (from.empty() || to != domain())
                return stream_error(
                    "improper-addressing",
                    "client's dialback is from " + in_quotes(from) + " to " + in_quotes(to));
            // This side has given no key to anybody, so none that it is asked for is its own.
            const bool valid = result && log_in(from, {});
            return say("<db:" + stanza.name + " from='" + xml_escaped(to) + "' to='" +
                       xml_escaped(from) + "' id='" + xml_escaped(stanza.attribute("id")) +
                       "' type='" + (valid ? "valid" : "invalid") + "'/>");
        }
        if (!logged_in())
            stream_error("not-authorized",
                         "client sent <" + escape_untrusted(stanza.name) + "> before it was known");
    }
};

}  // namespace

std::unique_ptr<Service> make_xmpp_service(ServiceTerms terms) {
    return std::make_unique<XmppClients>(std::move(terms));
}

std::unique_ptr<Service> make_xmpp_server_service(ServiceTerms terms) {
    return std::make_unique<XmppServers>(std::move(terms));
}

}  // namespace omnitls::tool
