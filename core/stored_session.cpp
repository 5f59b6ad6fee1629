// SPDX-License-Identifier: BSL-1.0
#include "core/stored_session.hpp"

#include "core/der_text.hpp"

#include <algorithm>
#include <array>

namespace omnitls::inline v0::core {
namespace {

constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kMostBytes = 1024 * 1024;
constexpr std::size_t kMostCertificates = 256;
constexpr std::string_view kFormat = "omnitls session 1";
/// What a record has besides its certificates and its state: the format and the state with their lengths, four numbers,
/// the digest.
constexpr std::size_t kRoomBesides = 8 + kFormat.size() + 5 * 8 + kDigestSize;

/// Fields one after the other, each with its length before it, so that no two lists of fields look alike.
class Writer {
public:
    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { secure_wipe(bytes_); }
    void number(std::uint64_t value) {
        std::array<std::uint8_t, 8> octets{};
        for (std::size_t i = octets.size(); i-- > 0; value >>= 8U)
            octets[i] = static_cast<std::uint8_t>(value);
        bytes_.insert(bytes_.end(), octets.begin(), octets.end());
    }
    void field(ConstBytes field) {
        number(field.size());
        bytes_.insert(bytes_.end(), field.begin(), field.end());
    }
    void field(std::string_view text) { field(as_bytes(text)); }
    Bytes& bytes() noexcept { return bytes_; }

private:
    Bytes bytes_;
};

/// Reads what a `Writer` wrote; once something is missing, everything is.
class Reader {
public:
    explicit Reader(ConstBytes bytes) noexcept : bytes_(bytes) {}
    std::uint64_t number() noexcept {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(8)) value = (value << 8U) | byte;
        return value;
    }
    ConstBytes field() noexcept {
        const std::uint64_t size = number();
        return take(static_cast<std::size_t>(std::min<std::uint64_t>(size, kMostBytes + 1)));
    }
    bool good() const noexcept { return good_; }
    bool at_end() const noexcept { return good_ && bytes_.empty(); }

private:
    ConstBytes take(std::size_t size) noexcept {
        good_ = good_ && size <= bytes_.size();
        if (!good_) return {};
        const ConstBytes taken = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return taken;
    }
    ConstBytes bytes_;
    bool good_ = true;
};

Bytes digest(const spi::Crypto& crypto, ConstBytes bytes) {
    Bytes out(kDigestSize);
    if (!crypto.digest(spi::Hash::sha256, bytes, out)) out.clear();
    return out;
}

/// The digest that ends a record: of its key and all before it.
Bytes seal(const spi::Crypto& crypto, const std::string& key, ConstBytes content) {
    Bytes whole;
    whole.reserve(key.size() + content.size());  // no smaller block keeps a part of it
    whole.insert(whole.end(), key.begin(), key.end());
    whole.insert(whole.end(), content.begin(), content.end());
    return digest(crypto, SecretBytes(std::move(whole)).bytes());
}

}  // namespace

std::optional<SessionScope> session_scope(const spi::Crypto& crypto, std::string_view backend,
                                          std::string_view version, const ClientConfig& config) {
    Writer scope;
    scope.field(kFormat);
    scope.field(backend);
    scope.field(version);
    scope.number(static_cast<std::uint64_t>(config.versions->min));
    scope.number(static_cast<std::uint64_t>(config.versions->max));
    for (const auto& numbers : {config.algorithms.cipher_suites, config.algorithms.groups,
                                config.algorithms.signature_schemes}) {
        scope.number(numbers.size());
        for (const std::uint16_t id : numbers) scope.number(id);
    }
    scope.number(config.trust.certificates().size());
    for (const Certificate& anchor : config.trust.certificates()) scope.field(anchor.der());
    scope.number(config.intermediates.size());
    for (const Certificate& one : config.intermediates) scope.field(one.der());
    scope.number(static_cast<std::uint64_t>(config.revocation));
    scope.number(config.revocation_lists.lists().size());
    for (const RevocationList& list : config.revocation_lists.lists())
        scope.field(digest(crypto, list.fields().tbs));
    scope.number(static_cast<std::uint64_t>(config.strength));
    scope.number(config.alpn.size());
    for (const std::string& protocol : config.alpn) scope.field(protocol);
    scope.field(config.identity ? ConstBytes(config.identity->chain().front().der())
                                : ConstBytes());
    SessionScope made{digest(crypto, scope.bytes()), Bytes(kDigestSize)};
    if (made.shared.empty() || !crypto.random(made.own)) return std::nullopt;
    return made;
}

std::string session_key(const spi::Crypto& crypto, const SessionScope& scope,
                        std::string_view policy, const ClientTarget& target) {
    Writer key;
    key.field(scope.shared);
    key.field(policy);
    key.field(policy.empty() ? ConstBytes(scope.own) : ConstBytes());
    key.number(target.danger_any_name ? 1 : 0);
    key.number(target.names.size());
    for (const ReferenceIdentity& name : target.names) key.field(name.to_string());
    key.field(target.sni.value_or(""));
    return to_hex(digest(crypto, key.bytes()));
}

std::optional<SecretBytes> pack_session(const spi::Crypto& crypto, const std::string& key,
                                        const SessionRecord& record) {
    // Room for all at once: nothing that is secret stays behind in a smaller block.
    std::size_t room = kRoomBesides + record.state.bytes().size();
    for (const Bytes& der : record.chain) room += 8 + der.size();
    Writer writer;
    writer.bytes().reserve(room);
    writer.field(kFormat);
    writer.number(static_cast<std::uint64_t>(record.version));
    for (const UtcTime time : {record.proved, record.expires})
        writer.number(static_cast<std::uint64_t>(time.time_since_epoch().count()));
    writer.number(record.chain.size());
    for (const Bytes& der : record.chain) writer.field(der);
    writer.field(record.state.bytes());
    SecretBytes packed;
    const Bytes end = seal(crypto, key, writer.bytes());
    if (!end.empty() && writer.bytes().size() + end.size() <= kMostBytes) {
        writer.bytes().insert(writer.bytes().end(), end.begin(), end.end());
        packed = SecretBytes(writer.bytes());
    }
    if (packed.empty()) return std::nullopt;
    return packed;
}

std::optional<SessionRecord> unpack_session(const spi::Crypto& crypto, const std::string& key,
                                            ConstBytes bytes) {
    if (bytes.size() <= kDigestSize || bytes.size() > kMostBytes) return std::nullopt;
    const ConstBytes content = bytes.first(bytes.size() - kDigestSize);
    const Bytes end = seal(crypto, key, content);
    if (end.empty() || !std::ranges::equal(end, bytes.last(kDigestSize))) return std::nullopt;
    Reader reader(content);
    SessionRecord record;
    const bool known = as_text(reader.field()) == kFormat;
    record.version = static_cast<ProtocolVersion>(reader.number());
    for (UtcTime* const time : {&record.proved, &record.expires})
        *time = UtcTime(std::chrono::seconds(static_cast<std::int64_t>(reader.number())));
    const std::uint64_t certificates = reader.number();
    if (!known || certificates == 0 || certificates > kMostCertificates) return std::nullopt;
    for (std::uint64_t i = 0; i < certificates && reader.good(); ++i) {
        const ConstBytes der = reader.field();
        record.chain.emplace_back(der.begin(), der.end());
    }
    record.state = SecretBytes(reader.field());
    if (!reader.at_end()) return std::nullopt;
    return record;
}

}  // namespace omnitls::inline v0::core
