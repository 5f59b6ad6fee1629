// SPDX-License-Identifier: BSL-1.0
// Writes DER the long way round: every element is a vector. Speed is of no interest here, shapes are.
#include "tests/support/certificate_builder.hpp"

#include <algorithm>
#include <stdexcept>

namespace omnitls::test {
namespace der {
namespace {

constexpr std::uint8_t sequence = 0x30;
constexpr std::uint8_t set = 0x31;

Bytes text(std::uint8_t tag, const std::string& value) { return tlv(tag, as_bytes(value)); }
Bytes seq(const std::vector<Bytes>& parts) { return tlv(sequence, concat(parts)); }

void append_base128(Bytes& out, unsigned long value) {
    Bytes digits{static_cast<std::uint8_t>(value & 0x7fU)};
    while ((value >>= 7U) != 0)
        digits.push_back(static_cast<std::uint8_t>(0x80U | (value & 0x7fU)));
    out.insert(out.end(), digits.rbegin(), digits.rend());
}

Bytes integer(ConstBytes magnitude) {
    Bytes content(magnitude.begin(), magnitude.end());
    const auto leading =
        std::find_if(content.begin(), content.end(), [](auto b) { return b != 0; });
    content.erase(content.begin(), leading);
    if (content.empty() || (content.front() & 0x80U) != 0) content.insert(content.begin(), 0);
    return tlv(0x02, content);
}

Bytes integer(std::uint32_t value) {
    const Bytes magnitude{
        static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U & 0xffU),
        static_cast<std::uint8_t>(value >> 8U & 0xffU), static_cast<std::uint8_t>(value & 0xffU)};
    return integer(magnitude);
}

Bytes bit_string(ConstBytes content, std::uint8_t unused = 0) {
    Bytes out{unused};
    out.insert(out.end(), content.begin(), content.end());
    return tlv(0x03, out);
}

// RFC 5280 §4.1.2.5: UTCTime through 2049.
Bytes time(UtcTime when) {
    std::string digits;
    for (const char c : to_rfc3339(when)) {
        if (c >= '0' && c <= '9') digits += c;
    }
    const bool utc = digits < "2050";
    return text(utc ? 0x17 : 0x18, digits.substr(utc ? 2 : 0) + "Z");
}

Bytes extension(const std::string& id, bool critical, ConstBytes value) {
    std::vector<Bytes> parts{oid(id)};
    if (critical) parts.push_back(tlv(0x01, Bytes{0xff}));
    parts.push_back(tlv(0x04, value));
    return seq(parts);
}

// "[name]" and then zeros, so that no token is the start of another.
Bytes token(const std::string& name, std::size_t size) {
    const std::string marked = "[" + name + "]";
    if (marked.size() > size) throw std::logic_error("key token too long: " + name);
    Bytes out(marked.begin(), marked.end());
    out.resize(size);
    return out;
}

Bytes spki(const std::vector<Bytes>& algorithm, ConstBytes key) {
    return seq({seq(algorithm), bit_string(key)});
}

Bytes ec_spki(const std::string& curve, const std::string& name, std::size_t field_bytes) {
    Bytes point{0x04};
    const Bytes coordinates = token(name, 2 * field_bytes);
    point.insert(point.end(), coordinates.begin(), coordinates.end());
    return spki({oid("1.2.840.10045.2.1"), oid(curve)}, point);
}

Bytes rsa_spki(const std::string& name, std::size_t bits) {
    Bytes modulus{0x80};
    const Bytes rest = token(name, bits / 8 - 1);
    modulus.insert(modulus.end(), rest.begin(), rest.end());
    modulus.back() |= 1U;
    return spki({oid("1.2.840.113549.1.1.1"), tlv(0x05, {})},
                seq({integer(modulus), integer(65537)}));
}

Bytes key(const std::string& name, KeyKind kind) {
    switch (kind) {
        case KeyKind::p256:
            return ec_spki("1.2.840.10045.3.1.7", name, 32);
        case KeyKind::p224:
            return ec_spki("1.3.132.0.33", name, 28);
        case KeyKind::unknown_curve:
            return ec_spki("2.999.5", name, 32);
        case KeyKind::rsa_1024:
            return rsa_spki(name, 1024);
        case KeyKind::rsa_2048:
            return rsa_spki(name, 2048);
        case KeyKind::rsa_16384:
            return rsa_spki(name, 16384);
        case KeyKind::ed25519:
            return spki({oid("1.3.101.112")}, token(name, 32));
        case KeyKind::dsa: {
            Bytes y{0x7f};
            const Bytes rest = token(name, 63);
            y.insert(y.end(), rest.begin(), rest.end());
            return spki({oid("1.2.840.10040.4.1"), seq({integer(y), integer(y), integer(y)})},
                        integer(y));
        }
        case KeyKind::unknown:
            break;
    }
    return spki({oid("2.999.7")}, token(name, 32));
}

Bytes signature_algorithm(SignatureKind kind) {
    switch (kind) {
        case SignatureKind::ecdsa_sha256:
            return seq({oid("1.2.840.10045.4.3.2")});
        case SignatureKind::ecdsa_sha1:
            return seq({oid("1.2.840.10045.4.1")});
        case SignatureKind::rsa_md5:
            return seq({oid("1.2.840.113549.1.1.4"), tlv(0x05, {})});
        case SignatureKind::unknown:
            break;
    }
    return seq({oid("2.999.8")});
}

Bytes common_name(const std::string& value) {
    return value.empty() ? name({}) : name({{"2.5.4.3", value}});
}

Bytes basic_constraints(const BasicConstraints& constraints) {
    std::vector<Bytes> parts;
    if (constraints.ca) parts.push_back(tlv(0x01, Bytes{0xff}));
    if (constraints.path_length) parts.push_back(integer(*constraints.path_length));
    return extension("2.5.29.19", true, seq(parts));
}

// A named bit list: bit 0 is the highest one, trailing zero bits are cut off (X.690 §11.2.2).
Bytes key_usage(std::uint16_t mask) {
    Bytes bits(2);
    unsigned last = 0;
    for (unsigned bit = 0; bit < 16; ++bit) {
        if (((static_cast<unsigned>(mask) >> bit) & 1U) == 0) continue;
        bits[bit / 8] = static_cast<std::uint8_t>(bits[bit / 8] | 0x80U >> bit % 8);
        last = bit;
    }
    bits.resize(mask == 0 ? 0 : last / 8 + 1);
    const unsigned unused = mask == 0 ? 0 : 7 - last % 8;
    return extension("2.5.29.15", true, bit_string(bits, static_cast<std::uint8_t>(unused)));
}

Bytes extended_key_usage(const std::vector<std::string>& usages) {
    std::vector<Bytes> oids;
    for (const auto& usage : usages) oids.push_back(oid(usage));
    return extension("2.5.29.37", false, seq(oids));
}

Bytes subtrees(std::uint8_t tag, const std::vector<Bytes>& names) {
    std::vector<Bytes> trees;
    for (const auto& one : names) trees.push_back(seq({one}));
    return trees.empty() ? Bytes{} : tlv(tag, concat(trees));
}

Bytes extensions(const CertificateSpec& spec) {
    std::vector<Bytes> all;
    if (spec.basic_constraints) all.push_back(basic_constraints(*spec.basic_constraints));
    if (spec.key_usage) all.push_back(key_usage(*spec.key_usage));
    if (spec.extended_key_usage) all.push_back(extended_key_usage(*spec.extended_key_usage));
    if (!spec.names.empty()) {
        all.push_back(extension("2.5.29.17", spec.subject.empty(), seq(spec.names)));
    }
    if (!spec.permitted.empty() || !spec.excluded.empty()) {
        all.push_back(
            extension("2.5.29.30", true,
                      seq({subtrees(0xa0, spec.permitted), subtrees(0xa1, spec.excluded)})));
    }
    if (!spec.subject_key_id.empty()) {
        all.push_back(extension("2.5.29.14", false, text(0x04, spec.subject_key_id)));
    }
    if (!spec.authority_key_id.empty()) {
        all.push_back(extension("2.5.29.35", false, seq({text(0x80, spec.authority_key_id)})));
    }
    if (!spec.distribution_points.empty()) {
        std::vector<Bytes> points;
        for (const Bytes& point : spec.distribution_points)
            points.push_back(seq({tlv(0xa0, tlv(0xa0, point))}));
        all.push_back(extension("2.5.29.31", false, seq(points)));
    }
    for (const auto& id : spec.critical) all.push_back(extension(id, true, tlv(0x05, {})));
    return all.empty() ? Bytes{} : tlv(0xa3, seq(all));
}

}  // namespace

Bytes tlv(std::uint8_t tag, ConstBytes content) {
    Bytes out{tag};
    const std::size_t size = content.size();
    if (size < 0x80) {
        out.push_back(static_cast<std::uint8_t>(size));
    } else if (size < 0x100) {
        out.insert(out.end(), {0x81, static_cast<std::uint8_t>(size)});
    } else if (size < 0x10000) {
        out.insert(out.end(), {0x82, static_cast<std::uint8_t>(size >> 8U),
                               static_cast<std::uint8_t>(size & 0xffU)});
    } else {
        out.insert(out.end(), {0x83, static_cast<std::uint8_t>(size >> 16U),
                               static_cast<std::uint8_t>(size >> 8U & 0xffU),
                               static_cast<std::uint8_t>(size & 0xffU)});
    }
    out.insert(out.end(), content.begin(), content.end());
    return out;
}

Bytes concat(const std::vector<Bytes>& parts) {
    Bytes out;
    for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

Bytes oid(const std::string& dotted) {
    std::vector<unsigned long> arcs;
    for (std::size_t at = 0; at < dotted.size();) {
        std::size_t used = 0;
        arcs.push_back(std::stoul(dotted.substr(at), &used));
        at += used + 1;
    }
    Bytes content;
    append_base128(content, arcs.at(0) * 40 + arcs.at(1));
    for (std::size_t i = 2; i < arcs.size(); ++i) append_base128(content, arcs[i]);
    return tlv(0x06, content);
}

Bytes name(const std::vector<std::pair<std::string, std::string>>& attributes,
           std::uint8_t string_tag) {
    std::vector<Bytes> rdns;
    for (const auto& [id, value] : attributes) {
        rdns.push_back(tlv(set, seq({oid(id), text(string_tag, value)})));
    }
    return seq(rdns);
}

}  // namespace der

namespace general {

Bytes dns(const std::string& value) { return der::tlv(0x82, as_bytes(value)); }
Bytes uri(const std::string& value) { return der::tlv(0x86, as_bytes(value)); }
Bytes email(const std::string& value) { return der::tlv(0x81, as_bytes(value)); }
Bytes ip(const Bytes& address) { return der::tlv(0x87, address); }
Bytes directory(const Bytes& name) { return der::tlv(0xa4, name); }

namespace {
Bytes other_name(const std::string& type_id, std::uint8_t tag, const std::string& value) {
    return der::tlv(
        0xa0, der::concat({der::oid(type_id), der::tlv(0xa0, der::tlv(tag, as_bytes(value)))}));
}
}  // namespace

Bytes srv(const std::string& value) { return other_name("1.3.6.1.5.5.7.8.7", 0x16, value); }
Bytes xmpp(const std::string& value) { return other_name("1.3.6.1.5.5.7.8.5", 0x0c, value); }
Bytes other(const std::string& type_id, const std::string& value) {
    return other_name(type_id, 0x0c, value);
}
Bytes registered_id(const std::string& dotted) {
    Bytes id = der::oid(dotted);
    id.front() = 0x88;
    return id;
}

}  // namespace general

CertificateSpec authority(const std::string& subject, const std::string& issuer,
                          const std::string& key, const std::string& signed_by) {
    CertificateSpec spec;
    spec.subject = subject;
    spec.issuer = issuer;
    spec.key = key;
    spec.signed_by = signed_by;
    spec.basic_constraints = BasicConstraints{true, std::nullopt};
    spec.key_usage = static_cast<std::uint16_t>(KeyUsage::key_cert_sign);
    return spec;
}

CertificateSpec root_authority(const std::string& subject, const std::string& key) {
    return authority(subject, subject, key, key);
}

Bytes build_der(const CertificateSpec& spec) {
    using namespace der;
    const Bytes algorithm = signature_algorithm(spec.signature_kind);
    const Bytes version = spec.version == 1
                              ? Bytes{}
                              : tlv(0xa0, integer(static_cast<std::uint32_t>(spec.version - 1)));
    const Bytes subject = spec.subject_der.empty() ? common_name(spec.subject) : spec.subject_der;
    const Bytes tbs =
        seq({version, integer(spec.serial), algorithm, common_name(spec.issuer),
             seq({time(spec.not_before), time(spec.not_after)}), subject,
             der::key(spec.key, spec.key_kind), spec.version == 3 ? extensions(spec) : Bytes{}});
    return seq({tbs, algorithm, bit_string(as_bytes("[" + spec.signed_by + "]"))});
}

Certificate build(const CertificateSpec& spec) {
    auto parsed = Certificate::parse(build_der(spec));
    if (!parsed) throw std::logic_error(parsed.error().what);
    return *std::move(parsed);
}

spi::SignatureCheck FakeCrypto::verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes,
                                                 ConstBytes signature) const noexcept {
    ++checks_;
    const Bytes unknown = der::signature_algorithm(SignatureKind::unknown);
    if (std::equal(algorithm.begin(), algorithm.end(), unknown.begin(), unknown.end())) {
        return spi::SignatureCheck::unsupported;
    }
    const bool names_key =
        std::search(spki.begin(), spki.end(), signature.begin(), signature.end()) != spki.end();
    return names_key ? spi::SignatureCheck::valid : spi::SignatureCheck::invalid;
}

// FNV-1a, once for each byte.
bool FakeCrypto::make_digest(spi::Hash, ConstBytes data, MutableBytes out) const {
    std::uint64_t state = 0xcbf29ce484222325U;
    for (std::uint8_t& byte : out) {
        for (const std::uint8_t one : data) state = (state ^ one) * 0x100000001b3U;
        byte = static_cast<std::uint8_t>(state >> 56U);
    }
    return true;
}

spi::PathVeto FakeContext::verify_path(spi::PathView path, spi::Purpose purpose) const {
    Asked asked{{}, {}, purpose};
    for (const auto& element : path) {
        asked.path.push_back(*element.certificate);
        asked.natives.push_back(element.native);
    }
    asked_.push_back(std::move(asked));
    return script_ ? script_(asked_.back()) : spi::PathVeto{true, 0, {}};
}

}  // namespace omnitls::test
