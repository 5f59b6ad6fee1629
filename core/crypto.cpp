// SPDX-License-Identifier: BSL-1.0
// What every backend's primitives have in common: sizes that fit, HKDF-Expand over HMAC, and signature algorithms read from DER.
#include "core/signature_algorithm.hpp"
#include <omnitls/spi/crypto.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <new>

namespace omnitls::inline v0::spi {
namespace {

/// Libraries differ in what they count with.
bool fits_int(ConstBytes bytes) noexcept { return bytes.size() <= INT_MAX; }

template <class Call>
bool done(Call call) noexcept {
    try {
        return call();
    } catch (const std::bad_alloc&) {
        return false;
    }
}

}  // namespace

bool Crypto::digest(Hash hash, ConstBytes data, MutableBytes out) const noexcept {
    return out.size() == digest_size(hash) && fits_int(data) &&
           done([&] { return make_digest(hash, data, out); });
}

bool Crypto::hmac(Hash hash, ConstBytes key, ConstBytes data, MutableBytes out) const noexcept {
    return out.size() == digest_size(hash) && fits_int(key) && fits_int(data) &&
           done([&] { return make_hmac(hash, key, data, out); });
}

// T(i) = HMAC(key, T(i-1) | info | i), one after the other.
bool Crypto::hkdf_expand(Hash hash, ConstBytes pseudo_random_key, ConstBytes info,
                         MutableBytes out) const noexcept {
    const std::size_t block_size = digest_size(hash);
    if (out.empty() || out.size() > 255 * block_size) return false;
    return done([&] {
        std::array<std::uint8_t, 64> block{};
        Bytes input;
        input.reserve(block_size + info.size() + 1);  // so that no copy stays behind
        input.assign(info.begin(), info.end());
        bool good = true;
        for (std::uint8_t number = 1; good && !out.empty(); ++number) {
            input.push_back(number);
            good = hmac(hash, pseudo_random_key, input, MutableBytes(block).first(block_size));
            const std::size_t part = std::min(block_size, out.size());
            std::copy_n(block.begin(), part, out.begin());
            out = out.subspan(part);
            secure_wipe(input);
            input.assign(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(block_size));
            input.insert(input.end(), info.begin(), info.end());
        }
        secure_wipe(input);
        secure_wipe(block);
        return good;
    });
}

bool Crypto::aead_seal(const AeadInput& in, MutableBytes out) const noexcept {
    return in.key.size() == key_size(in.aead) && in.nonce.size() == aead_nonce_size &&
           fits_int(in.additional_data) && fits_int(in.plaintext) &&
           out.size() == in.plaintext.size() + aead_tag_size && done([&] { return seal(in, out); });
}

SignatureCheck Crypto::verify_signature(ConstBytes spki, ConstBytes algorithm, ConstBytes data,
                                        ConstBytes signature) const noexcept {
    try {
        const auto with = core::read_signature_algorithm(algorithm);
        if (!with || !core::is_for_key(*with, spki) || !fits_int(data) || !fits_int(signature))
            return SignatureCheck::unsupported;
        // Libraries have meanings of their own for sizes that become negative: as long as it likes, as the key says.
        if (with->kind == SignatureKind::rsa_pss && with->salt_size > signature.size())
            return SignatureCheck::invalid;
        return check({*with, spki, data, signature});
    } catch (const std::bad_alloc&) {
        return SignatureCheck::unsupported;
    }
}

bool Crypto::random(MutableBytes out) const noexcept {
    return fits_int(out) && done([&] { return fill_random(out); });
}

}  // namespace omnitls::inline v0::spi
