// SPDX-License-Identifier: BSL-1.0
#include "tests/support/forger.hpp"

#include <stdexcept>

namespace omnitls::test {
namespace {

Bytes from_hex(std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(
            static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return bytes;
}

spi::Hash hash_of(std::uint16_t suite) {
    return suite == 0x1302 || suite == 0xc02c || suite == 0xc030 ? spi::Hash::sha384
                                                                 : spi::Hash::sha256;
}

spi::Aead aead_of(std::uint16_t suite) {
    switch (suite) {
        case 0x1301:
        case 0xc02b:
        case 0xc02f:
            return spi::Aead::aes_128_gcm;
        case 0x1302:
        case 0xc02c:
        case 0xc030:
            return spi::Aead::aes_256_gcm;
        case 0x1303:
        case 0xcca8:
        case 0xcca9:
            return spi::Aead::chacha20_poly1305;
        default:
            throw std::runtime_error("no forger for the suite " + std::to_string(suite));
    }
}

void must_do(bool done) {
    if (!done) throw std::runtime_error("a primitive failed");
}

void append(Bytes& to, ConstBytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

void put_number(Bytes& to, std::size_t width, std::uint64_t value) {
    for (std::size_t i = width; i > 0; --i)
        to.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

}  // namespace

void SecretsKept::write(std::string_view line) noexcept {
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    client_random_ = from_hex(line.substr(first + 1, second - first - 1));
    secrets_[std::string(line.substr(0, first))] = from_hex(line.substr(second + 1));
}

Forger::Forger(const ForgerSetup& setup)
    : setup_(setup), hash_(hash_of(setup.suite)), aead_(aead_of(setup.suite)) {
    if (setup_.version == ProtocolVersion::tls12) {
        derive12();
        return;
    }
    const std::string who = setup_.sender == Role::client ? "CLIENT_" : "SERVER_";
    const Bytes& secret = setup_.secrets->secret(
        who + (setup_.handshake_keys ? "HANDSHAKE_TRAFFIC_SECRET" : "TRAFFIC_SECRET_0"));
    key_ = expand_label(secret, "key", spi::key_size(aead_));
    iv_ = expand_label(secret, "iv", spi::aead_nonce_size);
}

// RFC 8446 §7.1.
Bytes Forger::expand_label(ConstBytes secret, std::string_view label, std::size_t size) const {
    Bytes info;
    put_number(info, 2, size);
    put_number(info, 1, 6 + label.size());
    append(info, as_bytes("tls13 "));
    append(info, as_bytes(label));
    info.push_back(0);
    Bytes out(size);
    must_do(setup_.crypto->hkdf_expand(hash_, secret, info, out));
    return out;
}

// RFC 5246 §5.
Bytes Forger::prf(ConstBytes secret, std::string_view label, ConstBytes seed,
                  std::size_t size) const {
    Bytes labelled(label.begin(), label.end());
    append(labelled, seed);
    Bytes a = labelled;
    Bytes out;
    while (out.size() < size) {
        Bytes next(spi::digest_size(hash_));
        must_do(setup_.crypto->hmac(hash_, secret, a, next));
        a = next;
        Bytes input = a;
        append(input, labelled);
        must_do(setup_.crypto->hmac(hash_, secret, input, next));
        append(out, next);
    }
    out.resize(size);
    return out;
}

// RFC 5246 §6.3: no MAC keys, then the keys and fixed IVs of client and server.
void Forger::derive12() {
    Bytes seed = setup_.server_random;
    append(seed, setup_.secrets->client_random());
    const std::size_t key = spi::key_size(aead_);
    const std::size_t iv = aead_ == spi::Aead::chacha20_poly1305 ? 12 : 4;
    const Bytes block =
        prf(setup_.secrets->secret("CLIENT_RANDOM"), "key expansion", seed, 2 * (key + iv));
    const std::size_t who = setup_.sender == Role::client ? 0 : 1;
    const ConstBytes all(block);
    const ConstBytes its_key = all.subspan(who * key, key);
    const ConstBytes its_iv = all.subspan(2 * key + who * iv, iv);
    key_.assign(its_key.begin(), its_key.end());
    iv_.assign(its_iv.begin(), its_iv.end());
}

Bytes Forger::nonce(ConstBytes explicit_part) const {
    Bytes nonce = iv_;
    if (iv_.size() < spi::aead_nonce_size) {
        append(nonce, explicit_part);  // RFC 5288 §3
        return nonce;
    }
    for (std::size_t i = 0; i < explicit_part.size(); ++i)
        nonce[4 + i] = static_cast<std::uint8_t>(nonce[4 + i] ^ explicit_part[i]);
    return nonce;
}

Bytes Forger::seal(std::uint8_t type, ConstBytes content) {
    Bytes sequence;
    put_number(sequence, 8, setup_.sequence++);
    const Bytes nonce_bytes = nonce(sequence);
    Bytes inner(content.begin(), content.end());
    Bytes record;
    Bytes additional;
    if (setup_.version == ProtocolVersion::tls13) {
        if (type != 0) inner.push_back(type);
        record = {23, 3, 3};
        put_number(record, 2, inner.size() + spi::aead_tag_size);
        additional = record;
    } else {
        const bool shows_nonce = iv_.size() < spi::aead_nonce_size;
        record = {type, 3, 3};
        put_number(record, 2, inner.size() + spi::aead_tag_size + (shows_nonce ? 8U : 0U));
        if (shows_nonce) append(record, sequence);
        additional = sequence;
        append(additional, Bytes{type, 3, 3});
        put_number(additional, 2, inner.size());
    }
    Bytes sealed(inner.size() + spi::aead_tag_size);
    must_do(setup_.crypto->aead_seal({aead_, key_, nonce_bytes, additional, inner}, sealed));
    append(record, sealed);
    return record;
}

}  // namespace omnitls::test
