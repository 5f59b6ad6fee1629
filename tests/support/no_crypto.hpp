// SPDX-License-Identifier: BSL-1.0
// A crypto that can do nothing: what a test needs of it, it overrides.
#pragma once

#include <omnitls/spi/crypto.hpp>

namespace omnitls::test {

class NoCrypto : public spi::Crypto {
public:
    bool digest(spi::Hash, ConstBytes, MutableBytes) const noexcept override { return false; }
    bool hmac(spi::Hash, ConstBytes, ConstBytes, MutableBytes) const noexcept override {
        return false;
    }
    bool hkdf_expand(spi::Hash, ConstBytes, ConstBytes, MutableBytes) const noexcept override {
        return false;
    }
    bool aead_seal(spi::Aead, ConstBytes, ConstBytes, ConstBytes, ConstBytes,
                   MutableBytes) const noexcept override {
        return false;
    }
    spi::SignatureCheck verify_signature(ConstBytes, ConstBytes, ConstBytes,
                                         ConstBytes) const noexcept override {
        return spi::SignatureCheck::unsupported;
    }
    bool random(MutableBytes) const noexcept override { return false; }
};

}  // namespace omnitls::test
