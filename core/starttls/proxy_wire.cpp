// SPDX-License-Identifier: BSL-1.0
#include "core/starttls/proxy_wire.hpp"

#include "core/ip_address.hpp"

#include <charconv>

namespace omnitls::inline v0::core {
namespace {

using starttls::ProxyEndpoint;
using starttls::ProxyHeader;
using starttls::ProxyVersion;

// The specification, §2.2.
constexpr std::uint8_t command_local = 0x20;
constexpr std::uint8_t command_proxy = 0x21;
constexpr std::uint8_t unspecified = 0x00;
constexpr std::uint8_t tcp4 = 0x11;
constexpr std::uint8_t tcp6 = 0x21;
constexpr std::uint8_t unix_stream = 0x31;
constexpr std::size_t unix_addresses = std::size_t{2} * 108;
constexpr std::uint8_t type_crc32c = 0x03;
constexpr std::size_t crc_size = 4;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}
std::uint16_t number_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}
void put_number(std::string& out, std::size_t number) {
    out += static_cast<char>(number >> 8U & 0xffU);
    out += static_cast<char>(number & 0xffU);
}

/// Castagnoli's polynomial, reflected (RFC 3720 §12.1); those at `zeroed` count as zeros.
std::uint32_t crc32c(std::string_view bytes, std::size_t zeroed) {
    std::uint32_t crc = 0xffff'ffffU;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool zero = i >= zeroed && i < zeroed + crc_size;
        crc ^= zero ? 0U : byte_at(bytes, i);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0x82f6'3b78U : 0U);
    }
    return ~crc;
}

/// 0 to 65535, as nobody writes it in a second way.
std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    const bool leading_zero = text.size() > 1 && text.front() == '0';
    if (read.ec != std::errc{} || read.ptr != end || leading_zero) return std::nullopt;
    return port;
}

/// The next word; words are divided by one space.
std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size() < line.size() ? word.size() + 1 : line.size());
    return word;
}

struct V2Parts {
    std::string_view addresses;
    std::string_view extensions;
};
std::optional<V2Parts> split_v2(std::string_view body, std::uint8_t family) {
    const std::size_t size = family == tcp4          ? 2 * (4 + 2)
                             : family == tcp6        ? 2 * (16 + 2)
                             : family == unix_stream ? unix_addresses
                                                     : 0;
    if (body.size() < size) return std::nullopt;
    return V2Parts{body.substr(0, size), body.substr(size)};
}

/// Source and destination address, then both ports.
ProxyHeader::Addresses addresses_of(std::string_view bytes) {
    const std::size_t size = bytes.size() / 2 - 2;
    const ConstBytes raw = as_bytes(bytes);
    return {{print_ip(raw.first(size)), number_at(bytes, 2 * size)},
            {print_ip(raw.subspan(size, size)), number_at(bytes, 2 * size + 2)}};
}

/// `header` is all of it, of which `extensions` is the end.
bool read_extensions(std::string_view header, std::string_view extensions, ProxyHeader& into,
                     std::string& wrong) {
    while (!extensions.empty()) {
        const std::size_t size = extensions.size() < 3 ? 0 : number_at(extensions, 1);
        if (extensions.size() < 3 + size) {
            wrong = "an extension that is longer than the header";
            return false;
        }
        const std::string_view value = extensions.substr(3, size);
        if (byte_at(extensions, 0) == type_crc32c) {
            const std::size_t at = header.size() - extensions.size() + 3;
            const bool right = size == crc_size &&
                               crc32c(header, at) == (std::uint32_t{number_at(value, 0)} << 16U |
                                                      number_at(value, 2));
            if (!right) wrong = "a CRC-32C that is not that of the header";
            if (!right) return false;
        }
        const ConstBytes raw = as_bytes(value);
        into.extensions.push_back({byte_at(extensions, 0), Bytes(raw.begin(), raw.end())});
        extensions.remove_prefix(3 + size);
    }
    return true;
}

ErrorDetail cannot(std::string why) {
    return make_error(make_error_code(Errc::bad_input), "PROXY header: " + std::move(why));
}

Result<std::string> write_v1(const ProxyHeader& header, std::size_t address_size) {
    if (!header.extensions.empty())
        return cannot("version 1 has no extensions, and there are " +
                      std::to_string(header.extensions.size()));
    if (!header.addresses) return std::string("PROXY UNKNOWN\r\n");
    const auto& [source, destination] = *header.addresses;
    return std::string(address_size == 4 ? "PROXY TCP4 " : "PROXY TCP6 ") + source.address + ' ' +
           destination.address + ' ' + std::to_string(source.port) + ' ' +
           std::to_string(destination.port) + "\r\n";
}

Result<std::string> write_v2(const ProxyHeader& header, ConstBytes source, ConstBytes destination) {
    std::string body;
    body.append(as_text(source)).append(as_text(destination));
    if (header.addresses) {
        put_number(body, header.addresses->source.port);
        put_number(body, header.addresses->destination.port);
    }
    for (const ProxyHeader::Extension& extension : header.extensions) {
        body += static_cast<char>(extension.type);
        put_number(body, extension.value.size());
        body.append(as_text(extension.value));
        if (extension.value.size() > proxy_v2_limit) break;
    }
    if (proxy_v2_start + body.size() > proxy_v2_limit)
        return cannot("its extensions have more than 4096 bytes");
    std::string text(proxy_v2_signature);
    text += static_cast<char>(header.addresses ? command_proxy : command_local);
    text += static_cast<char>(!header.addresses ? unspecified : source.size() == 4 ? tcp4 : tcp6);
    put_number(text, body.size());
    return text + body;
}

}  // namespace

std::optional<ProxyHeader> read_proxy_v1(std::string_view line) {
    if (!line.starts_with(proxy_v1_signature)) return std::nullopt;
    line.remove_prefix(proxy_v1_signature.size());
    const std::string_view family = take_word(line);
    // What stands behind it is the sender's affair (§2.1).
    if (family == "UNKNOWN") return ProxyHeader{};
    if (line.ends_with(' ')) return std::nullopt;
    const std::size_t size = family == "TCP4" ? 4 : family == "TCP6" ? 16 : 0;
    const std::string_view source = take_word(line);
    const std::string_view destination = take_word(line);
    const auto source_port = parse_port(take_word(line));
    const auto destination_port = parse_port(take_word(line));
    const auto source_address = parse_ip(source);
    const auto destination_address = parse_ip(destination);
    const bool good = size != 0 && source_address && source_address->size() == size &&
                      destination_address && destination_address->size() == size && source_port &&
                      destination_port && line.empty();
    if (!good) return std::nullopt;
    return ProxyHeader{ProxyHeader::Addresses{{print_ip(*source_address), *source_port},
                                              {print_ip(*destination_address), *destination_port}},
                       {}};
}

std::optional<ProxyHeader> read_proxy_v2(std::string_view header, std::string& wrong) {
    const std::uint8_t command = byte_at(header, 12);
    const std::uint8_t family = byte_at(header, 13);
    if (command != command_local && command != command_proxy) {
        wrong = "a version or command that is not known";
        return std::nullopt;
    }
    if (family != unspecified && family != tcp4 && family != tcp6 && family != unix_stream) {
        wrong = "a family that no stream has";
        return std::nullopt;
    }
    const auto parts = split_v2(header.substr(proxy_v2_start), family);
    if (!parts) {
        wrong = "less than its addresses";
        return std::nullopt;
    }
    ProxyHeader read;
    // A LOCAL command may have addresses, which mean nothing (§2.2).
    if (command == command_proxy && (family == tcp4 || family == tcp6))
        read.addresses = addresses_of(parts->addresses);
    if (!read_extensions(header, parts->extensions, read, wrong)) return std::nullopt;
    return read;
}

Result<std::string> write_proxy(const ProxyHeader& header, ProxyVersion version) {
    Bytes source;
    Bytes destination;
    if (header.addresses) {
        const auto a = parse_ip(header.addresses->source.address);
        const auto b = parse_ip(header.addresses->destination.address);
        if (!a || !b || a->size() != b->size())
            return cannot("\"" + escape_untrusted(header.addresses->source.address, 64) +
                          "\" and \"" +
                          escape_untrusted(header.addresses->destination.address, 64) +
                          "\" are no two addresses of one family");
        source = *a;
        destination = *b;
    }
    return version == ProxyVersion::v1 ? write_v1(header, source.size())
                                       : write_v2(header, source, destination);
}

}  // namespace omnitls::inline v0::core
