// SPDX-License-Identifier: BSL-1.0
// LDAP (RFC 4511): simple bind, "who am I", and a directory of nothing but the root DSE.
#include "tools/omnitls/served/service.hpp"

#include <vector>

namespace omnitls::tool {
namespace {

constexpr std::size_t message_limit = std::size_t{8} * 1024;
constexpr std::string_view who_am_i = "1.3.6.1.4.1.4203.1.11.3";  // RFC 4532
constexpr std::string_view start_tls = "1.3.6.1.4.1.1466.20037";

namespace tag {
constexpr char boolean = 0x01;
constexpr char integer = 0x02;
constexpr char octet_string = 0x04;
constexpr char enumerated = 0x0a;
constexpr char sequence = 0x30;
constexpr char set = 0x31;
constexpr char unbind_request = 0x42;
constexpr char abandon_request = 0x50;
constexpr char bind_request = 0x60;
constexpr char bind_response = 0x61;
constexpr char search_request = 0x63;
constexpr char search_entry = 0x64;
constexpr char search_done = 0x65;
constexpr char extended_request = 0x77;
constexpr char extended_response = 0x78;
constexpr char simple = static_cast<char>(0x80);          // of a bind
constexpr char request_name = static_cast<char>(0x80);    // of an extended request
constexpr char response_value = static_cast<char>(0x8b);  // of an extended response
}  // namespace tag

enum class ResultCode : char {
    success = 0,
    operations_error = 1,
    protocol_error = 2,
    auth_method_not_supported = 7,
    no_such_object = 32,
    invalid_credentials = 49,
    unwilling_to_perform = 53,
};

/// Requests that change or compare something, and the identifiers of their answers.
struct Pair {
    char request;
    char response;
};
constexpr Pair others[] = {{0x66, 0x67}, {0x68, 0x69}, {0x4a, 0x6b}, {0x6c, 0x6d}, {0x6e, 0x6f}};

std::string element(char identifier, std::string_view content) {
    std::string bytes(1, identifier);
    const std::size_t size = content.size();
    if (size >= 0x80) {
        bytes += static_cast<char>(0x82);  // all of ours fit in two bytes
        bytes += static_cast<char>(size >> 8U);
    }
    bytes += static_cast<char>(size & 0xffU);
    return bytes.append(content);
}

/// Bytes of identifier and length, and the length; nullopt: not of a definite form of at most four bytes (RFC 4511 §5.1), or,
/// with `more`, not all there.
struct Header {
    std::size_t size = 0;
    std::size_t content = 0;
};
std::optional<Header> read_header(std::string_view bytes, bool& more) {
    more = bytes.size() < 2;
    if (more) return std::nullopt;
    const auto first = static_cast<std::uint8_t>(bytes[1]);
    if (first < 0x80) return Header{2, first};
    const std::size_t count = first & 0x7fU;
    if (count == 0 || count > 4) return std::nullopt;
    more = bytes.size() < 2 + count;
    if (more) return std::nullopt;
    std::size_t length = 0;
    for (const char c : bytes.substr(2, count))
        length = length << 8U | static_cast<std::uint8_t>(c);
    return Header{2 + count, length};
}

/// Takes the next element off `bytes`; its content, or nullopt if it is not `identifier`, or not whole.
std::optional<std::string_view> take_element(std::string_view& bytes, char identifier) {
    bool more = false;
    const auto header = read_header(bytes, more);
    if (!header || bytes[0] != identifier || header->content > bytes.size() - header->size)
        return std::nullopt;
    const std::string_view content = bytes.substr(header->size, header->content);
    bytes.remove_prefix(header->size + header->content);
    return content;
}

struct Attribute {
    std::string_view name;
    std::string_view value;
    bool
        operational;  ///< Given only to those who ask for it by name, or for "+" (RFC 4511 §4.5.1.8).
};
constexpr Attribute root_dse[] = {
    {"objectClass", "top", false},
    {"supportedLDAPVersion", "3", true},
    {"supportedExtension", who_am_i, true},
    {"vendorName", "omnitls", true},
};

bool is_wanted(const Attribute& attribute, const std::vector<std::string_view>& wanted) {
    if (wanted.empty()) return !attribute.operational;
    for (const std::string_view one : wanted)
        if (one == attribute.name || one == (attribute.operational ? "+" : "*")) return true;
    return false;
}

class Ldap final : public Service {
public:
    explicit Ldap(ServiceTerms terms) : Service("ldap", std::move(terms)) {}

private:
    std::size_t take(std::string_view bytes) override {
        bool more = false;
        const auto header = read_header(bytes, more);
        if (bytes[0] != tag::sequence || (!header && !more)) {
            nonsense("client sent what is no LDAP message: " + in_quotes(bytes.substr(0, 16)));
            return 0;
        }
        if (!header) return 0;
        const std::size_t size = header->size + header->content;
        if (size > message_limit) too_long("a message of more than 8192 bytes");
        if (ended() || size > bytes.size()) return 0;
        on_message(bytes.substr(header->size, header->content));
        return size;
    }

    void on_message(std::string_view message) {
        const auto id = take_element(message, tag::integer);
        const char operation = message.empty() ? '\0' : message[0];
        const auto content = take_element(message, operation);
        if (!id || id->empty() || id->size() > 4 || !content)
            return nonsense("client sent a malformed message");
        if (!count_command()) return;
        id_ = *id;
        switch (operation) {
            case tag::unbind_request:
                return leave();
            case tag::abandon_request:
                return;  // RFC 4511 §4.11: has no answer; everything was answered already
            case tag::bind_request:
                return bind(*content);
            case tag::search_request:
                return search(*content);
            case tag::extended_request:
                return extended(*content);
            default:
                break;
        }
        for (const Pair& other : others)
            if (other.request == operation)
                return answer(other.response, ResultCode::unwilling_to_perform);
        nonsense("client sent an unknown request");
    }

    void bind(std::string_view request) {
        const auto version = take_element(request, tag::integer);
        const auto name = take_element(request, tag::octet_string);
        if (!version || !name) return nonsense("client sent a malformed bind");
        if (*version != "\x03") return answer(tag::bind_response, ResultCode::protocol_error);
        const auto password = take_element(request, tag::simple);
        if (!password) return answer(tag::bind_response, ResultCode::auth_method_not_supported);
        // RFC 4513 §5.1.1, §5.1.2: nobody may be nobody; somebody without a password is a mistake.
        if (name->empty() && password->empty())
            return answer(tag::bind_response, ResultCode::success);
        if (password->empty()) return answer(tag::bind_response, ResultCode::unwilling_to_perform);
        answer(tag::bind_response,
               log_in(*name, *password) ? ResultCode::success : ResultCode::invalid_credentials);
    }

    void extended(std::string_view request) {
        const auto name = take_element(request, tag::request_name);
        if (!name) return nonsense("client sent an extended request without a name");
        if (*name == start_tls) return answer(tag::extended_response, ResultCode::operations_error);
        if (*name != who_am_i) return answer(tag::extended_response, ResultCode::protocol_error);
        const std::string who = logged_in() ? "dn:" + *report().login : "";
        answer(tag::extended_response, ResultCode::success, element(tag::response_value, who));
    }

    void search(std::string_view request) {
        const auto base = take_element(request, tag::octet_string);
        const auto scope = take_element(request, tag::enumerated);
        const auto aliases = take_element(request, tag::enumerated);
        const auto size = take_element(request, tag::integer);
        const auto time = take_element(request, tag::integer);
        const auto names_only = take_element(request, tag::boolean);
        // The root DSE has every filter's answer: it is there.
        const auto filter = take_element(request, request.empty() ? '\0' : request[0]);
        auto wanted = take_element(request, tag::sequence);
        if (!base || !scope || !aliases || !size || !time || !names_only || !filter || !wanted)
            return nonsense("client sent a malformed search");
        if (!base->empty() || *scope != std::string_view("\0", 1))
            return answer(tag::search_done, ResultCode::no_such_object);
        std::vector<std::string_view> names;
        while (const auto name = take_element(*wanted, tag::octet_string)) names.push_back(*name);
        send(element(tag::search_entry,
                     element(tag::octet_string, {}) +
                         element(tag::sequence,
                                 attributes(names, *names_only != std::string_view("\0", 1)))));
        answer(tag::search_done, ResultCode::success);
    }

    static std::string attributes(const std::vector<std::string_view>& wanted, bool names_only) {
        std::string all;
        for (const Attribute& attribute : root_dse) {
            if (!is_wanted(attribute, wanted)) continue;
            const std::string value =
                names_only ? std::string() : element(tag::octet_string, attribute.value);
            all += element(tag::sequence,
                           element(tag::octet_string, attribute.name) + element(tag::set, value));
        }
        return all;
    }

    void answer(char identifier, ResultCode result, std::string_view more = {}) {
        const char code = static_cast<char>(result);
        std::string body = element(tag::enumerated, {&code, 1}) + element(tag::octet_string, {}) +
                           element(tag::octet_string, {});
        send(element(identifier, body.append(more)));
    }
    void send(std::string_view operation) {
        say(element(tag::sequence, element(tag::integer, id_) + std::string(operation)));
        // curl 7.88 does not look for a second message in what it has read.
        end_record();
    }

    std::string id_;  ///< Of the message that is answered.
};

}  // namespace

std::unique_ptr<Service> make_ldap_service(ServiceTerms terms) {
    return std::make_unique<Ldap>(std::move(terms));
}

}  // namespace omnitls::tool
