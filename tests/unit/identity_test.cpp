// SPDX-License-Identifier: BSL-1.0
// This side's certificate and key, trust anchors, and secrets.
#include "core/trust_anchors.hpp"
#include "tests/support/certs.hpp"
#include "tests/support/temporary_directory.hpp"
#include <omnitls/identity.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <type_traits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omnitls {
namespace {

using test::data_path;
using test::load_certificate;
using test::must;
using test::read_data;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Format = Identity::KeyFormat;

// A reference is given to what stays, a value of what goes.
template <class T>
constexpr bool is_value = !std::is_reference_v<T>;
static_assert(is_value<decltype(std::declval<Identity>().chain())> &&
              is_value<decltype(std::declval<Identity>().password())> &&
              is_value<decltype(std::declval<Identity>().certificate_source())> &&
              is_value<decltype(std::declval<Identity>().key_source())> &&
              is_value<decltype(std::declval<TrustAnchors>().certificates())>);
template <class Owner>
concept ShowsItsKey = requires(Owner&& owner) {
    std::forward<Owner>(owner).key();
};
static_assert(ShowsItsKey<const Identity&> && !ShowsItsKey<Identity>);
static_assert(!is_value<decltype(std::declval<const Identity&>().chain())> &&
              !is_value<decltype(std::declval<const TrustAnchors&>().certificates())>);

TEST(Identity, WhatATemporaryGivesOutlivesIt) {
    const auto& chain = test::load_identity("leaf").chain();
    EXPECT_THAT(chain, ElementsAre(load_certificate("leaf"), load_certificate("intermediate")));
    const auto& source = test::load_identity("leaf").key_source();
    EXPECT_EQ(source, "leaf.key");
}

TEST(TrustAnchors, WhatATemporaryGivesOutlivesItAndIsNotTakenFromOthers) {
    const TrustAnchors kept = test::load_anchors("root");
    TrustAnchors other = kept;
    const auto& certificates = std::move(other).certificates();
    EXPECT_THAT(certificates, ElementsAre(load_certificate("root")));
    EXPECT_THAT(kept.certificates(), ElementsAre(load_certificate("root")));
    EXPECT_THAT(TrustAnchors().certificates(), IsEmpty());
}

/// The refusal's text; empty if an identity was made.
template <class T>
std::string refusal(const Result<T>& result) {
    if (result) return {};
    EXPECT_EQ(result.error().code, Errc::bad_input);
    return result.error().what;
}

std::string pem_refusal(const std::string& certificates, const std::string& key,
                        const std::string& password = {}) {
    return refusal(Identity::from_pem(certificates, key, password, "c.pem", "k.pem"));
}

TEST(Identity, HoldsChainAndKey) {
    const Identity identity = test::load_identity("leaf");
    EXPECT_THAT(identity.chain(),
                ElementsAre(load_certificate("leaf"), load_certificate("intermediate")));
    EXPECT_EQ(identity.key_format(), Format::pkcs8);
    EXPECT_EQ(identity.key().front(), 0x30);
    EXPECT_TRUE(identity.password().empty());
    EXPECT_EQ(identity.certificate_source(), "leaf_chain.pem");
    EXPECT_EQ(identity.key_source(), "leaf.key");
}

TEST(Identity, KnowsTheFormatsOfKeys) {
    const std::string leaf = read_data("leaf.pem");
    const auto format = [&](const char* file, const char* password = "") {
        return must(Identity::from_pem(leaf, read_data(file), password)).key_format();
    };
    EXPECT_EQ(format("leaf.key"), Format::pkcs8);
    EXPECT_EQ(format("leaf_encrypted.key", test::encrypted_key_password), Format::pkcs8_encrypted);
    EXPECT_EQ(format("leaf_rsa_pkcs1.key"), Format::pkcs1_rsa);
    EXPECT_EQ(format("leaf_sec1.key"), Format::sec1_ec);
}

TEST(Identity, OneTextMayHoldBoth) {
    const std::string both = read_data("leaf.key") + read_data("leaf_chain.pem");
    const Identity identity = must(Identity::from_pem(both, both));
    EXPECT_THAT(identity.chain(), SizeIs(2));
    const auto key = identity.key();
    const Identity apart = test::load_identity("leaf");
    EXPECT_TRUE(std::equal(key.begin(), key.end(), apart.key().begin(), apart.key().end()));
}

TEST(Identity, KeepsThePasswordOfAnEncryptedKey) {
    const std::string leaf = read_data("leaf.pem");
    const std::string key = read_data("leaf_encrypted.key");
    EXPECT_EQ(pem_refusal(leaf, key, "any"), "") << "only the backend can tell a wrong one";
    EXPECT_EQ(pem_refusal(leaf, key),
              "k.pem: line 1: the private key is encrypted and no password was given");
    const Identity identity = must(Identity::from_pem(leaf, key, "secret"));
    EXPECT_EQ(as_text(identity.password().bytes()), "secret");
}

TEST(Identity, NamesWhatIsMissing) {
    const std::string leaf = read_data("leaf.pem");
    const std::string key = read_data("leaf.key");
    ASSERT_EQ(pem_refusal(leaf, key), "");
    EXPECT_EQ(pem_refusal(key, key), "c.pem: no CERTIFICATE block; found PRIVATE KEY (line 1)");
    EXPECT_EQ(pem_refusal(leaf, leaf), "k.pem: no private key; found CERTIFICATE (line 1)");
    EXPECT_EQ(pem_refusal("", key), "c.pem: no CERTIFICATE block; the text is empty");
    EXPECT_EQ(pem_refusal(leaf, "hello"), "k.pem: no private key; there is no PEM in the text");
    const Bytes der = load_certificate("leaf").der();
    EXPECT_EQ(pem_refusal(std::string{as_text(der)}, key),
              "c.pem: no CERTIFICATE block; this looks like DER, not PEM");
}

TEST(Identity, WantsExactlyOneKeyThatBeginsLikeOne) {
    const std::string leaf = read_data("leaf.pem");
    const std::string key = read_data("leaf.key");
    EXPECT_THAT(pem_refusal(leaf, key + read_data("leaf_other.key")),
                HasSubstr("k.pem: line 6: a second private key; the first is at line 1"));
    const std::string parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    EXPECT_EQ(pem_refusal(leaf, parameters + read_data("leaf_sec1.key")), "")
        << "as openssl ecparam writes it";
    const std::string nonsense = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    EXPECT_EQ(pem_refusal(leaf, nonsense),
              "k.pem: line 1: malformed PRIVATE KEY: private key at byte 0: expected SEQUENCE, "
              "found tag 0x00");
    EXPECT_THAT(pem_refusal(leaf, "\n" + std::string{"-----BEGIN EC PRIVATE KEY-----\nMAA=\n"} +
                                      "-----END EC PRIVATE KEY-----\n"),
                HasSubstr("k.pem: line 2: malformed EC PRIVATE KEY: version"));
    EXPECT_THAT(pem_refusal(leaf, read_data("leaf_rsa_legacy_encrypted.key")),
                HasSubstr("Proc-Type"));
}

TEST(Identity, NamesTheCertificateAtFault) {
    const std::string key = read_data("leaf.key");
    std::string chain = read_data("leaf_chain.pem");
    ASSERT_EQ(pem_refusal(chain, key), "");
    const std::string bad = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    EXPECT_EQ(
        pem_refusal(read_data("leaf.pem") + bad, key),
        "c.pem: certificate 2 (line 16): malformed certificate: tbsCertificate at byte 2: missing");
    EXPECT_THAT(pem_refusal(chain.substr(0, chain.size() - 30), key),
                HasSubstr("the text is cut short"));
}

TEST(Identity, FromFiles) {
    const std::string leaf = data_path("leaf_chain.pem");
    const std::string key = data_path("leaf.key");
    const Identity identity = must(Identity::from_files(leaf, key));
    EXPECT_EQ(identity.certificate_source(), leaf);
    EXPECT_EQ(identity.key_source(), key);
    const Identity other = test::load_identity("leaf");
    EXPECT_EQ(identity.key().size(), other.key().size());
    const std::string missing = data_path("missing.key");
    EXPECT_EQ(refusal(Identity::from_files(leaf, missing)),
              missing + ": cannot open: No such file or directory");
    EXPECT_EQ(refusal(Identity::from_files(missing, key)),
              missing + ": cannot open: No such file or directory");
    EXPECT_EQ(refusal(Identity::from_files(leaf, data_path("leaf_encrypted.key"),
                                           test::encrypted_key_password)),
              "");
}

// --- secrets ---

TEST(SecretBytes, CopiesAndMovesTheSecret) {
    const Bytes secret{1, 2, 3};
    SecretBytes first{secret};
    SecretBytes copy = first;
    EXPECT_THAT(copy.bytes(), ElementsAre(1, 2, 3));
    const SecretBytes moved = std::move(first);
    EXPECT_THAT(moved.bytes(), ElementsAre(1, 2, 3));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what it promises
    copy = SecretBytes{Bytes{9}};
    EXPECT_THAT(copy.bytes(), ElementsAre(9));
    EXPECT_TRUE(SecretBytes{}.empty());
}

// --- trust anchors ---

/// A file that is gone at the end of the test.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text)
        : path_(::testing::TempDir() + "omnitls_identity_test_" +
                std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".pem") {
        std::ofstream{path_, std::ios::binary} << text;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove(path_); }
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

const std::string kBadCertificate =
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

TEST(TrustAnchors, KeepTheOrderWithoutDuplicates) {
    const std::string root = read_data("root.pem");
    const std::string other = read_data("other_root.pem");
    const TrustAnchors anchors = must(TrustAnchors::from_pem(other + root + other + root));
    EXPECT_THAT(anchors.certificates(),
                ElementsAre(load_certificate("other_root"), load_certificate("root")));
    EXPECT_THAT(
        TrustAnchors::of({load_certificate("root"), load_certificate("root")}).certificates(),
        SizeIs(1));
    EXPECT_TRUE(TrustAnchors{}.empty());
    EXPECT_THAT(TrustAnchors{}.certificates(), IsEmpty());
}

TEST(TrustAnchors, RefuseATextWithOneBadCertificate) {
    const std::string root = read_data("root.pem");
    ASSERT_TRUE(TrustAnchors::from_pem(root + root, "ca.pem"));
    const auto bad = TrustAnchors::from_pem(root + kBadCertificate + root, "ca.pem");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::bad_input);
    EXPECT_THAT(bad.error().what,
                HasSubstr("ca.pem: certificate 2 (line 13): malformed certificate"));
    const auto none = TrustAnchors::from_pem("nothing here\n", "ca.pem");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().what, "ca.pem: no CERTIFICATE block; there is no PEM in the text");
}

TEST(TrustAnchors, FromFile) {
    EXPECT_THAT(must(TrustAnchors::from_file(data_path("root.pem"))).certificates(), SizeIs(1));
    const auto missing = TrustAnchors::from_file(data_path("missing.pem"));
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().what, HasSubstr("missing.pem: cannot open"));
}

TEST(TrustAnchors, OfOneCertificateInDer) {
    const Bytes der = load_certificate("root").der();
    EXPECT_EQ(must(TrustAnchors::from_der(der)).certificates().front(), load_certificate("root"));
    EXPECT_EQ(refusal(TrustAnchors::from_der(ConstBytes(der).first(20), "root.der")).substr(0, 32),
              "root.der: malformed certificate:");
    const test::TemporaryDirectory directory;
    const std::string file = directory.path() + "/root.der";
    std::ofstream(file, std::ios::binary) << as_text(der);
    EXPECT_THAT(must(TrustAnchors::from_file(file)).certificates(), SizeIs(1));
}

TEST(TrustAnchors, OfADirectoryAreAllOfItsFiles) {
    const test::TemporaryDirectory directory;
    const auto write = [&](const std::string& name, std::string_view text) {
        std::ofstream(directory.path() + "/" + name, std::ios::binary) << text;
    };
    const auto read = [&] { return TrustAnchors::from_directory(directory.path()); };
    EXPECT_EQ(refusal(read()), directory.path() + ": no file is in it");
    write("b.pem", read_data("root.pem"));
    write("a.der", as_text(load_certificate("other_root").der()));
    write("c.pem", read_data("intermediate.pem") + read_data("root.pem"));
    write(".hidden", "no certificate");
    std::filesystem::create_directory(directory.path() + "/inner");
    EXPECT_EQ(must(read()).certificates(),
              (std::vector{load_certificate("other_root"), load_certificate("root"),
                           load_certificate("intermediate")}));
    write("d.txt", "no certificate");
    EXPECT_EQ(refusal(read()).find(directory.path() + "/d.txt: no CERTIFICATE block"), 0U);
    EXPECT_EQ(refusal(TrustAnchors::from_directory(directory.path() + "/none"))
                  .find(directory.path() + "/none: cannot be read: "),
              0U);
}

TEST(TrustAnchors, TheSystemStoreIsTheFirstThatExists) {
    const TemporaryFile root{read_data("root.pem")};
    const TemporaryFile other{read_data("other_root.pem")};
    const std::string missing = data_path("missing.pem");
    const std::vector<std::string> both{missing, root.path(), other.path()};
    EXPECT_THAT(must(core::anchors_from_first(both)).certificates(),
                ElementsAre(load_certificate("root")));
    const std::vector<std::string> none{missing, missing + "2"};
    const auto absent = core::anchors_from_first(none);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().what,
              "no system trust store: none of " + missing + ", " + missing + "2 exists");
}

TEST(TrustAnchors, AnEmptyStoreIsAnErrorAndAnOddCertificateIsLeftOut) {
    const TemporaryFile empty{""};
    const TemporaryFile only_bad{kBadCertificate};
    const TemporaryFile mixed{kBadCertificate + read_data("root.pem")};
    const auto open = [](const TemporaryFile& file) {
        const std::vector<std::string> paths{file.path()};
        return core::anchors_from_first(paths);
    };
    EXPECT_THAT(must(open(mixed)).certificates(), ElementsAre(load_certificate("root")));
    ASSERT_FALSE(open(empty));
    EXPECT_THAT(open(empty).error().what, HasSubstr("the text is empty"));
    ASSERT_FALSE(open(only_bad));
    EXPECT_THAT(open(only_bad).error().what, HasSubstr("certificate 1 (line 1)"));
}

}  // namespace
}  // namespace omnitls
