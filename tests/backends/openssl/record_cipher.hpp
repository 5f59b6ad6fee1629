// SPDX-License-Identifier: BSL-1.0
// TLS 1.3 records under TLS_AES_128_GCM_SHA256 made from a traffic secret (RFC 8446 §5.2, §7.3): for flights and floods that no
// library sends. Opening is done with the cipher's counter part alone, since `Crypto` only seals.
#pragma once

#include "backends/openssl/context.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/bytes.hpp>

#include <string_view>

#include <gtest/gtest.h>

namespace omnitls::test {

class RecordCipher {
public:
    explicit RecordCipher(ConstBytes secret) {
        const auto expand = [&](std::string_view label, MutableBytes out) {
            // HkdfLabel, RFC 8446 §7.1: length, "tls13 " + label, empty context.
            Bytes info{0, static_cast<std::uint8_t>(out.size()),
                       static_cast<std::uint8_t>(6 + label.size())};
            for (const std::string_view part : {std::string_view("tls13 "), label})
                info.insert(info.end(), part.begin(), part.end());
            info.push_back(0);
            return backends::openssl().crypto().hkdf_expand(spi::Hash::sha256, secret, info, out);
        };
        EXPECT_TRUE(expand("key", key_) && expand("iv", iv_));
    }

    /// The next record.
    Bytes seal(ConstBytes content, std::uint8_t type) {
        Bytes inner(content.begin(), content.end());
        inner.push_back(type);
        const std::size_t size = inner.size() + spi::aead_tag_size;
        Bytes record{23, 3, 3, static_cast<std::uint8_t>(size >> 8U),
                     static_cast<std::uint8_t>(size)};
        Bytes sealed(size);
        EXPECT_TRUE(backends::openssl().crypto().aead_seal(
            {spi::Aead::aes_128_gcm, key_, nonce(), record, inner}, sealed));
        record.insert(record.end(), sealed.begin(), sealed.end());
        return record;
    }

    /// The content of the next record, without its type. GCM is counter mode, so sealing its ciphertext opens it.
    Bytes open(ConstBytes record) {
        const ConstBytes body = record.subspan(5, record.size() - 5 - spi::aead_tag_size);
        Bytes opened(body.size() + spi::aead_tag_size);
        EXPECT_TRUE(backends::openssl().crypto().aead_seal(
            {spi::Aead::aes_128_gcm, key_, nonce(), {}, body}, opened));
        opened.resize(body.size() - 1);
        return opened;
    }

private:
    Bytes nonce() {
        Bytes nonce = iv_;
        nonce[10] ^= static_cast<std::uint8_t>(sequence_ >> 8U);
        nonce[11] ^= static_cast<std::uint8_t>(sequence_++);
        return nonce;
    }
    Bytes key_ = Bytes(16);
    Bytes iv_ = Bytes(12);
    unsigned sequence_ = 0;
};

}  // namespace omnitls::test
