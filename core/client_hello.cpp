// SPDX-License-Identifier: BSL-1.0
#include "core/client_hello.hpp"

#include <omnitls/blocks.hpp>

#include <algorithm>
#include <optional>

namespace omnitls::inline v0::core {
namespace {

constexpr std::uint8_t kHandshakeRecord = 22;
constexpr std::uint8_t kClientHello = 1;
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMessageHeader = 4;
constexpr std::size_t kMaxExtensions = 256;

/// A cursor that cannot run over its end: every read says whether it was there.
class Reader {
public:
    explicit Reader(ConstBytes bytes) noexcept : bytes_(bytes) {}
    bool number(std::size_t width, std::size_t& value) noexcept {
        if (bytes_.size() < width) return false;
        value = 0;
        for (std::size_t i = 0; i < width; ++i) value = (value << 8U) | bytes_[i];
        bytes_ = bytes_.subspan(width);
        return true;
    }
    /// A vector with a length prefix of `width` bytes (RFC 8446 §3.4).
    bool vector(std::size_t width, ConstBytes& content) noexcept {
        std::size_t size = 0;
        if (!number(width, size) || bytes_.size() < size) return false;
        content = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return true;
    }
    bool skip(std::size_t n) noexcept {
        if (bytes_.size() < n) return false;
        bytes_ = bytes_.subspan(n);
        return true;
    }
    bool empty() const noexcept { return bytes_.empty(); }

private:
    ConstBytes bytes_;
};

bool read_numbers(ConstBytes list, std::vector<std::uint16_t>& out) {
    if (list.empty() || list.size() % 2 != 0) return false;
    for (std::size_t i = 0; i < list.size(); i += 2) {
        out.push_back(static_cast<std::uint16_t>((list[i] << 8U) | list[i + 1]));
    }
    return true;
}

bool read_number_extension(ConstBytes data, std::size_t width, std::vector<std::uint16_t>& out) {
    Reader reader(data);
    ConstBytes list;
    return reader.vector(width, list) && reader.empty() && read_numbers(list, out);
}

// RFC 6066 §3: a list with one host_name in practice; a second one of the same type is forbidden.
bool read_server_name(ConstBytes data, std::string& sni) {
    Reader reader(data);
    ConstBytes list;
    if (!reader.vector(2, list) || !reader.empty() || list.empty()) return false;
    Reader names(list);
    while (!names.empty()) {
        std::size_t type = 0;
        ConstBytes name;
        if (!names.number(1, type) || !names.vector(2, name)) return false;
        if (type != 0) continue;
        const bool printable = std::all_of(name.begin(), name.end(),
                                           [](std::uint8_t c) { return c > 0x20 && c < 0x7f; });
        if (!sni.empty() || name.empty() || name.size() > 255 || !printable) return false;
        sni = as_text(name);
    }
    return true;
}

// RFC 7301 §3.1
bool read_alpn(ConstBytes data, std::vector<std::string>& protocols) {
    Reader reader(data);
    ConstBytes list;
    if (!reader.vector(2, list) || !reader.empty() || list.empty()) return false;
    Reader names(list);
    while (!names.empty()) {
        ConstBytes name;
        if (!names.vector(1, name) || name.empty()) return false;
        protocols.emplace_back(as_text(name));
    }
    return true;
}

// RFC 8446 §4.2.11. The binders are the library's to check.
bool read_psk_identities(ConstBytes data, std::vector<Bytes>& identities) {
    Reader reader(data);
    ConstBytes list;
    ConstBytes binders;
    if (!reader.vector(2, list) || !reader.vector(2, binders) || !reader.empty() || list.empty())
        return false;
    Reader entries(list);
    while (!entries.empty()) {
        ConstBytes identity;
        if (!entries.vector(2, identity) || !entries.skip(4) || identity.empty()) return false;
        identities.emplace_back(identity.begin(), identity.end());
    }
    return true;
}

ClientHelloError malformed(std::string what) {
    return {Alert::decode_error, "malformed ClientHello: " + std::move(what)};
}

std::optional<ClientHelloError> read_extension(std::size_t type, ConstBytes data,
                                               ClientHello& hello) {
    switch (type) {
        case 0:
            if (!read_server_name(data, hello.sni)) return malformed("server_name");
            break;
        case 10:
            if (!read_number_extension(data, 2, hello.groups)) return malformed("supported_groups");
            break;
        case 13:
            if (!read_number_extension(data, 2, hello.signature_algorithms))
                return malformed("signature_algorithms");
            break;
        case 16:
            if (!read_alpn(data, hello.alpn))
                return malformed("application_layer_protocol_negotiation");
            break;
        case 23:
            hello.extended_master_secret = true;
            break;
        case 41:
            if (!read_psk_identities(data, hello.psk_identities))
                return malformed("pre_shared_key");
            break;
        case 43:
            if (!read_number_extension(data, 1, hello.supported_versions))
                return malformed("supported_versions");
            break;
        default:
            break;
    }
    return std::nullopt;
}

std::variant<ClientHelloIncomplete, ClientHello, ClientHelloError> read_body(ConstBytes body) {
    ClientHello hello;
    Reader reader(body);
    std::size_t version = 0;
    ConstBytes session_id;
    ConstBytes suites;
    ConstBytes compression;
    if (!reader.number(2, version) || !reader.skip(32)) return malformed("version or random");
    hello.legacy_version = static_cast<std::uint16_t>(version);
    if (!reader.vector(1, session_id) || session_id.size() > 32)
        return malformed("legacy_session_id");
    hello.session_id.assign(session_id.begin(), session_id.end());
    if (!reader.vector(2, suites) || !read_numbers(suites, hello.cipher_suites))
        return malformed("cipher_suites");
    if (!reader.vector(1, compression) || compression.empty())
        return malformed("legacy_compression_methods");
    if (reader.empty()) return hello;  // TLS 1.2 without extensions

    ConstBytes extensions;
    if (!reader.vector(2, extensions) || !reader.empty()) return malformed("extensions");
    std::vector<std::size_t> seen;
    Reader list(extensions);
    while (!list.empty()) {
        std::size_t type = 0;
        ConstBytes data;
        if (!list.number(2, type) || !list.vector(2, data)) return malformed("extension header");
        if (seen.size() == kMaxExtensions) return malformed("more than 256 extensions");
        if (std::find(seen.begin(), seen.end(), type) != seen.end()) {
            return ClientHelloError{Alert::illegal_parameter, "malformed ClientHello: extension " +
                                                                  std::to_string(type) + " twice"};
        }
        seen.push_back(type);
        if (std::optional<ClientHelloError> error = read_extension(type, data, hello))
            return *std::move(error);
    }
    return hello;
}

}  // namespace

std::variant<ClientHelloIncomplete, ClientHello, ClientHelloError> read_client_hello(
    ConstBytes records) {
    Bytes message;
    while (!records.empty()) {
        if (records[0] != kHandshakeRecord) {
            return ClientHelloError{
                Alert::unexpected_message,
                "expected a ClientHello, got a record of type " + std::to_string(records[0])};
        }
        if (records.size() >= 2 && records[1] != 3) {
            return ClientHelloError{
                Alert::protocol_version,
                "expected a TLS record, got major version " + std::to_string(records[1])};
        }
        if (records.size() < kRecordHeader) break;
        const std::size_t size = static_cast<std::size_t>((records[3] << 8U) | records[4]);
        if (size == 0 || size > max_record_plaintext) {
            return ClientHelloError{size == 0 ? Alert::unexpected_message : Alert::record_overflow,
                                    "a ClientHello record of " + std::to_string(size) + " bytes"};
        }
        const std::size_t have = std::min(size, records.size() - kRecordHeader);
        const ConstBytes payload = records.subspan(kRecordHeader, have);
        message.insert(message.end(), payload.begin(), payload.end());
        records = records.subspan(kRecordHeader + have);
        if (!message.empty() && message[0] != kClientHello) {
            return ClientHelloError{
                Alert::unexpected_message,
                "expected a ClientHello, got handshake message " + std::to_string(message[0])};
        }
        if (have < size) break;  // the record goes on
        if (message.size() < kMessageHeader) continue;
        const std::size_t body =
            (std::size_t{message[1]} << 16U) | (std::size_t{message[2]} << 8U) | message[3];
        if (message.size() - kMessageHeader >= body) {
            return read_body(ConstBytes(message).subspan(kMessageHeader, body));
        }
    }
    return ClientHelloIncomplete{};
}

}  // namespace omnitls::inline v0::core
