// SPDX-License-Identifier: BSL-1.0
// LDAP (RFC 4511 §4.14), both roles: the extended operation StartTLS.
#include "core/starttls/dialogue_base.hpp"
#include <omnitls/starttls/ldap.hpp>

#include <optional>
#include <string>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

constexpr std::string_view start_tls_oid = "1.3.6.1.4.1.1466.20037";

namespace tag {
constexpr char integer = 0x02;
constexpr char octet_string = 0x04;
constexpr char enumerated = 0x0a;
constexpr char sequence = 0x30;
constexpr char bind_request = 0x60;
constexpr char bind_response = 0x61;
constexpr char search_request = 0x63;
constexpr char search_done = 0x65;
constexpr char extended_request = 0x77;
constexpr char extended_response = 0x78;
constexpr char request_name = static_cast<char>(0x80);
}  // namespace tag

enum ResultCode { success = 0, protocol_error = 2, confidentiality_required = 13 };

std::string element(char identifier, std::string_view content) {
    std::string bytes{identifier, static_cast<char>(content.size())};  // all of ours are short
    return bytes.append(content);
}

struct BerElement {
    char identifier = 0;
    std::string_view content;
};

/// Bytes of identifier and length at the start of `bytes`, and the length itself; nullopt: not all there, or of no definite form of at
/// most four bytes (RFC 4511 §5.1). Not the reader of certificates: lengths need not be minimal here, and those of some servers are not.
struct BerHeader {
    std::size_t size = 0;
    std::size_t content = 0;
};
std::optional<BerHeader> read_header(std::string_view bytes) {
    if (bytes.size() < 2) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(bytes[1]);
    if (first < 0x80) return BerHeader{2, first};
    const std::size_t count = first & 0x7fU;
    if (count == 0 || count > 4 || bytes.size() < 2 + count) return std::nullopt;
    std::size_t length = 0;
    for (const char c : bytes.substr(2, count))
        length = length << 8U | static_cast<std::uint8_t>(c);
    return BerHeader{2 + count, length};
}

/// Takes the next element off `bytes`; nullopt if it is not `identifier` (0: any), or not whole.
std::optional<BerElement> take_element(std::string_view& bytes, char identifier) {
    const auto header = read_header(bytes);
    if (!header || header->content > bytes.size() - header->size) return std::nullopt;
    const BerElement taken{bytes[0], bytes.substr(header->size, header->content)};
    if (identifier != 0 && taken.identifier != identifier) return std::nullopt;
    bytes.remove_prefix(header->size + header->content);
    return taken;
}

/// An LDAPMessage: its number as it was written, and its operation.
struct Message {
    std::string_view id;
    BerElement operation;
};
std::optional<Message> read_message(std::string_view bytes) {
    const auto whole = take_element(bytes, tag::sequence);
    if (!whole) return std::nullopt;
    std::string_view inside = whole->content;
    const auto id = take_element(inside, tag::integer);
    if (!id || id->content.empty() || id->content.size() > 4) return std::nullopt;
    const auto operation = take_element(inside, 0);
    if (!operation) return std::nullopt;
    return Message{id->content, *operation};
}

/// Cuts what comes into messages.
class LdapDialogue : public DialogueBase {
public:
    using DialogueBase::DialogueBase;
    std::string_view protocol() const noexcept final { return "ldap"; }
    std::string_view step_name() const noexcept final { return "StartTLS"; }

protected:
    virtual void on_message(const Message& message) = 0;
    void nonsense(std::string_view what) {
        fail(Errc::starttls_protocol, std::string(peer()) + " sent " + std::string(what), {},
             "is this an LDAP port?");
    }

private:
    void feed(std::uint8_t byte) final {
        message_ += static_cast<char>(byte);
        if (message_[0] != tag::sequence) return nonsense("what is no LDAP message");
        if (message_.size() < 2) return;
        const auto header = read_header(message_);
        const std::size_t count = static_cast<std::uint8_t>(message_[1]) & 0x7fU;
        const bool long_form = static_cast<std::uint8_t>(message_[1]) >= 0x80;
        if (!header && long_form && count >= 1 && count <= 4)
            return;  // the length is not all there
        if (!header) return nonsense("a length that is none");
        if (header->size + header->content > dialogue_unit_limit) {
            return fail(Errc::limit_exceeded,
                        std::string(peer()) + " sent a message of more than 4096 bytes");
        }
        if (message_.size() < header->size + header->content) return;
        const std::string whole = std::exchange(message_, {});
        const auto message = read_message(whole);
        if (!message) return nonsense("a malformed message");
        on_message(*message);
    }

    std::string message_;
};

class LdapClient final : public LdapDialogue {
public:
    explicit LdapClient(starttls::Offer offer) : LdapDialogue(offer) {
        const std::string request =
            element(tag::extended_request, element(tag::request_name, start_tls_oid));
        send(element(tag::sequence, element(tag::integer, "\x01") + request));
    }

private:
    std::string_view expected() const override { return "success to StartTLS"; }

    void on_message(const Message& message) override {
        const bool notice = message.id.find_first_not_of('\0') == std::string_view::npos;
        if (!notice && message.id != "\x01") return nonsense("an answer to what was not asked");
        std::string_view inside = message.operation.content;
        const auto code = take_element(inside, tag::enumerated);
        const auto matched = take_element(inside, tag::octet_string);
        const auto text = take_element(inside, tag::octet_string);
        if (message.operation.identifier != tag::extended_response || !code ||
            code->content.size() != 1 || !matched || !text)
            return nonsense("what is no answer to an extended request");
        const int result = static_cast<std::uint8_t>(code->content[0]);
        if (result == success && !notice) return finish(true);
        std::string found = "server answered with result " + std::to_string(result);
        if (!text->content.empty()) found += ": " + in_quotes(text->content);
        // RFC 4511 §4.12: who does not know an extended operation says protocolError.
        if (result == protocol_error && !notice) return not_offered(found, text->content);
        fail(Errc::starttls_refused, notice ? "server ended the session: " + found : found,
             text->content, "the server's log may say why");
    }
};

class LdapServer final : public LdapDialogue {
public:
    LdapServer() : LdapDialogue(starttls::Offer::required) {}

private:
    std::string_view expected() const override { return "the extended operation StartTLS"; }
    std::string_view peer() const noexcept override { return "client"; }
    bool may_come_early(std::uint8_t) const override { return true; }

    void on_message(const Message& message) override {
        const char operation = message.operation.identifier;
        if (operation == tag::extended_request) {
            std::string_view inside = message.operation.content;
            const auto name = take_element(inside, tag::request_name);
            if (!name) return nonsense("an extended request without a name");
            if (name->content != start_tls_oid)
                return answer(message, tag::extended_response, protocol_error);
            answer(message, tag::extended_response, success);
            return finish(true);
        }
        if (++others_ > 16)
            return fail(Errc::limit_exceeded, "client sent more than 16 other requests");
        if (operation == tag::bind_request)
            return answer(message, tag::bind_response, confidentiality_required);
        if (operation == tag::search_request)
            return answer(message, tag::search_done, confidentiality_required);
        fail(Errc::starttls_refused, "client sent another request");
    }

    void answer(const Message& message, char identifier, ResultCode code) {
        const char result[] = {static_cast<char>(code)};
        const std::string body = element(tag::enumerated, {result, 1}) +
                                 element(tag::octet_string, {}) + element(tag::octet_string, {});
        send(element(tag::sequence, element(tag::integer, message.id) + element(identifier, body)));
    }

    int others_ = 0;
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> ldap_client(Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::LdapClient>(offer));
}

Result<std::unique_ptr<Dialogue>> ldap_server() {
    return std::unique_ptr<Dialogue>(std::make_unique<core::LdapServer>());
}

}  // namespace omnitls::inline v0::starttls
