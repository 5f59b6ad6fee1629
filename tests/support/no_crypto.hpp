// SPDX-License-Identifier: BSL-1.0
// A crypto that can do nothing: what a test needs of it, it overrides.
#pragma once

#include <omnitls/spi/crypto.hpp>

namespace omnitls::test {

class NoCrypto : public spi::Crypto {
    bool make_digest(spi::Hash, ConstBytes, MutableBytes) const override { return false; }
    bool make_hmac(spi::Hash, ConstBytes, ConstBytes, MutableBytes) const override { return false; }
    bool seal(const spi::AeadInput&, MutableBytes) const override { return false; }
    spi::SignatureCheck check(const spi::SignedData&) const override {
        return spi::SignatureCheck::unsupported;
    }
    bool fill_random(MutableBytes) const override { return false; }
};

}  // namespace omnitls::test
