// SPDX-License-Identifier: BSL-1.0
// The primitives of every backend against published vectors, and what they must refuse.
#include <charconv>
#include <string_view>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls {
namespace {

using spi::Aead;
using spi::Hash;

class CryptoOn : public testing::TestWithParam<const TlsBackend*> {
protected:
    static const spi::Crypto& crypto() { return GetParam()->crypto(); }
};
INSTANTIATE_TEST_SUITE_P(Every, CryptoOn, testing::ValuesIn(built_backends()),
                         [](const auto& one) { return std::string(one.param->name()); });

Bytes hex(std::string_view text) {
    Bytes bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, bytes[i], 16);
    return bytes;
}
Bytes repeat(std::uint8_t byte, std::size_t count) { return Bytes(count, byte); }
Bytes counting(std::uint8_t first, std::size_t count) {
    Bytes bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
    return bytes;
}

// FIPS 180-4 example values ("abc"), and SHA-256 of nothing.
TEST_P(CryptoOn, DigestsAreThoseOfTheStandard) {
    const auto digest = [](Hash hash, std::string_view text) {
        Bytes out(spi::digest_size(hash));
        EXPECT_TRUE(crypto().digest(hash, as_bytes(text), out));
        return out;
    };
    EXPECT_EQ(digest(Hash::sha256, "abc"),
              hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    EXPECT_EQ(digest(Hash::sha384, "abc"),
              hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                  "8086072ba1e7cc2358baeca134c825a7"));
    EXPECT_EQ(digest(Hash::sha512, "abc"),
              hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
    EXPECT_EQ(digest(Hash::sha256, ""),
              hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    Bytes right(32);
    Bytes wrong(31);
    EXPECT_TRUE(crypto().digest(Hash::sha256, {}, right));
    EXPECT_FALSE(crypto().digest(Hash::sha256, {}, wrong));
}

struct HmacVector {
    Bytes key;
    Bytes data;
    const char* sha256;
    const char* sha384;
    const char* sha512;
};

// RFC 4231 §4.2, §4.3, §4.7 (a key longer than the block).
TEST_P(CryptoOn, HmacsAreThoseOfRfc4231) {
    const auto text = [](std::string_view words) {
        const ConstBytes bytes = as_bytes(words);
        return Bytes(bytes.begin(), bytes.end());
    };
    const HmacVector vectors[] = {
        {repeat(0x0b, 20), text("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
         "faea9ea9076ede7f4af152e8b2fa9cb6",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
        {text("Jefe"), text("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
         "8e2240ca5e69e2c78b3239ecfab21649",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
        {repeat(0xaa, 131), text("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
         "0c2ef6ab4030fe8296248df163f44952",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    };
    for (const HmacVector& vector : vectors) {
        for (const auto& [hash, expected] : {std::pair{Hash::sha256, vector.sha256},
                                             {Hash::sha384, vector.sha384},
                                             {Hash::sha512, vector.sha512}}) {
            Bytes out(spi::digest_size(hash));
            EXPECT_TRUE(crypto().hmac(hash, vector.key, vector.data, out));
            EXPECT_EQ(out, hex(expected));
            out.push_back(0);
            EXPECT_FALSE(crypto().hmac(hash, vector.key, vector.data, out));
        }
    }
}

// An empty key is a key: the same as a block of zeros (RFC 2104 §2), and not "the key of before".
TEST_P(CryptoOn, HmacTakesAnEmptyKey) {
    Bytes empty(32);
    Bytes zeros(32);
    Bytes other(32);
    EXPECT_TRUE(crypto().hmac(Hash::sha256, {}, as_bytes("data"), empty));
    EXPECT_TRUE(crypto().hmac(Hash::sha256, repeat(0, 64), as_bytes("data"), zeros));
    EXPECT_TRUE(crypto().hmac(Hash::sha256, repeat(1, 64), as_bytes("data"), other));
    EXPECT_EQ(empty, zeros);
    EXPECT_NE(empty, other);
}

// RFC 5869 appendices A.1, A.2 and A.3 (no info), the expand step.
TEST_P(CryptoOn, HkdfExpandIsThatOfRfc5869) {
    struct Vector {
        Bytes key;
        Bytes info;
        Bytes expected;
    };
    const Vector vectors[] = {
        {hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
         counting(0xf0, 10),
         hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b88718586"
             "5")},
        {hex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"),
         counting(0xb0, 80),
         hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb4"
             "1"
             "c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")},
        {hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"),
         {},
         hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c"
             "8")},
    };
    for (const Vector& vector : vectors) {
        Bytes out(vector.expected.size());
        EXPECT_TRUE(crypto().hkdf_expand(Hash::sha256, vector.key, vector.info, out));
        EXPECT_EQ(out, vector.expected);
    }
    Bytes longest(255 * 48);
    EXPECT_TRUE(crypto().hkdf_expand(Hash::sha384, repeat(1, 48), {}, longest));
    longest.push_back(0);
    EXPECT_FALSE(crypto().hkdf_expand(Hash::sha384, repeat(1, 48), {}, longest));
    EXPECT_FALSE(crypto().hkdf_expand(Hash::sha384, repeat(1, 48), {}, MutableBytes{}));
}

struct AeadVector {
    Aead aead;
    Bytes key;
    Bytes nonce;
    Bytes additional;
    Bytes plaintext;
    Bytes sealed;
};

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 4 and 16 (as in NIST's submission); RFC 8439 §2.8.2.
const std::vector<AeadVector>& aead_vectors() {
    static const char* const gcm_text =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    static const std::vector<AeadVector> vectors{
        {Aead::aes_128_gcm, hex("feffe9928665731c6d6a8f9467308308"),
         hex("cafebabefacedbaddecaf888"), hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
         hex(gcm_text),
         hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6"
             "a5a"
             "ac84aa051ba30b396a0aac973d58e091"
             "5bc94fbc3221a5db94fae95ae7121a47")},
        {Aead::aes_256_gcm, hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
         hex("cafebabefacedbaddecaf888"), hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
         hex(gcm_text),
         hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08"
             "b10"
             "56828838c5f61e6393ba7a0abcc9f662"
             "76fc6ece0f4e1768cddf8853bb2d551b")},
        {Aead::chacha20_poly1305, counting(0x80, 32), hex("070000004041424344454647"),
         hex("50515253c0c1c2c3c4c5c6c7"),
         [] {
             const ConstBytes text = as_bytes(
                 "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
                 "the future, sunscreen would be it.");
             return Bytes(text.begin(), text.end());
         }(),
         hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282faf"
             "b69"
             "da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67"
             "594"
             "5585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"
             "1ae10b594f09e26a7e902ecbd0600691")},
    };
    return vectors;
}

TEST_P(CryptoOn, SealsAsPublished) {
    for (const AeadVector& v : aead_vectors()) {
        Bytes out(v.plaintext.size() + spi::aead_tag_size);
        EXPECT_TRUE(crypto().aead_seal({v.aead, v.key, v.nonce, v.additional, v.plaintext}, out));
        EXPECT_EQ(out, v.sealed);
        // Without plaintext there is still a tag, which depends on the additional data.
        Bytes tag(spi::aead_tag_size);
        Bytes bare_tag(spi::aead_tag_size);
        EXPECT_TRUE(crypto().aead_seal({v.aead, v.key, v.nonce, v.additional, {}}, tag));
        EXPECT_TRUE(crypto().aead_seal({v.aead, v.key, v.nonce, {}, {}}, bare_tag));
        EXPECT_NE(tag, bare_tag);
    }
}

TEST_P(CryptoOn, RefusesSizesThatDoNotFit) {
    for (const AeadVector& v : aead_vectors()) {
        Bytes out(v.plaintext.size() + spi::aead_tag_size);
        const auto sealed = [&](ConstBytes key, ConstBytes nonce, MutableBytes room) {
            return crypto().aead_seal({v.aead, key, nonce, v.additional, v.plaintext}, room);
        };
        const MutableBytes all(out);
        EXPECT_TRUE(sealed(v.key, v.nonce, all));
        EXPECT_FALSE(sealed(ConstBytes(v.key).subspan(1), v.nonce, all));
        EXPECT_FALSE(sealed(v.key, ConstBytes(v.nonce).subspan(1), all));
        EXPECT_FALSE(sealed(v.key, v.nonce, all.subspan(1)));
    }
}

TEST_P(CryptoOn, RandomFillsAndDiffers) {
    Bytes first(32);
    Bytes second(32);
    EXPECT_TRUE(crypto().random(first));
    EXPECT_TRUE(crypto().random(second));
    EXPECT_NE(first, second);
    EXPECT_NE(first, Bytes(32));
    EXPECT_TRUE(crypto().random({}));
}

}  // namespace
}  // namespace omnitls
