// SPDX-License-Identifier: BSL-1.0
// The reader of revocation lists: what it finds, and that it refuses whatever it would have to understand better.
#include "tests/support/certs.hpp"
#include "tests/support/list_builder.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <functional>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

using der::concat;
using der::tlv;

Bytes reason(std::uint8_t code) {
    return list_extension("2.5.29.21", false, tlv(0x0a, Bytes{code}));
}
/// An issuingDistributionPoint with these fields.
Bytes point(const std::vector<Bytes>& fields) {
    return list_extension("2.5.29.28", true, tlv(0x30, concat(fields)));
}
Bytes full_name(const std::string& uri) { return tlv(0xa0, tlv(0xa0, general::uri(uri))); }
Bytes flag(unsigned tag) { return tlv(static_cast<std::uint8_t>(0x80U | tag), Bytes{0xff}); }

TEST(RevocationList, ReadsARealOne) {
    const auto lists = must(RevocationLists::from_text(read_data("intermediate.crl"), "a.crl"));
    ASSERT_EQ(lists.lists().size(), 1U);
    const RevocationList& list = lists.lists().front();
    const RevocationListFields& fields = list.fields();
    EXPECT_EQ(fields.issuer.der, load_certificate("intermediate").fields().subject.der);
    EXPECT_EQ(to_rfc3339(fields.this_update), "2029-12-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(fields.next_update), "2030-02-01T00:00:00Z");
    EXPECT_EQ(fields.number, Bytes{7});
    EXPECT_EQ(fields.signature_hash, "SHA-256");
    EXPECT_EQ(list.size(), 2U);
    const auto entry = list.find(load_certificate("leaf_p384").fields().serial);
    ASSERT_TRUE(entry);
    EXPECT_EQ(to_rfc3339(entry->date), "2029-10-17T08:30:00Z");
    EXPECT_EQ(entry->reason, "keyCompromise");
    EXPECT_FALSE(list.find(load_certificate("leaf").fields().serial));
    EXPECT_EQ(list.describe(),
              "the list of \"" + fields.issuer.to_string() + "\" of 2029-12-01T00:00:00Z");
}

TEST(RevocationList, FindsEachOfManyAndNoOther) {
    ListSpec spec;
    for (int i = 999; i > 0; i -= 2)
        spec.entries.push_back(
            {Bytes{static_cast<std::uint8_t>(i / 256 + 1), static_cast<std::uint8_t>(i % 256)},
             {reason(static_cast<std::uint8_t>(i % 7))}});
    const RevocationList list = build_list(spec);
    EXPECT_EQ(list.size(), 500U);
    for (int i = 0; i < 1000; ++i) {
        const Bytes serial{static_cast<std::uint8_t>(i / 256 + 1),
                           static_cast<std::uint8_t>(i % 256)};
        EXPECT_EQ(list.find(serial).has_value(), i % 2 == 1) << i;
    }
    EXPECT_FALSE(list.find(Bytes{}));
    EXPECT_FALSE(list.find(Bytes{1}));
}

TEST(RevocationList, ReadsItsScope) {
    ListSpec spec;
    const RevocationList whole = build_list(spec);
    EXPECT_TRUE(whole.fields().distribution_points.empty());
    spec.extensions = {point({full_name("http://a.test/1.crl"), flag(1)})};
    const RevocationList list = build_list(spec);
    ASSERT_EQ(list.fields().distribution_points.size(), 1U);
    EXPECT_EQ(list.fields().distribution_points[0].value, "http://a.test/1.crl");
    EXPECT_TRUE(list.fields().only_user_certificates);
    EXPECT_FALSE(list.fields().only_authority_certificates);
    spec.extensions = {point({flag(2)})};
    const RevocationList authorities = build_list(spec);
    EXPECT_TRUE(authorities.fields().only_authority_certificates);
}

/// A change to a good list, and what the reader says of it; empty: it is still good.
struct Change {
    const char* name;
    std::function<void(ListSpec&)> make;
    const char* says;
};

TEST(RevocationList, RefusesWhatItWouldHaveToUnderstand) {
    const ListSpec::Entry plain{};
    const auto with_entry = [&](Bytes extension) {
        return [=](ListSpec& spec) { spec.entries = {{plain.serial, {extension}}}; };
    };
    const auto with = [](Bytes extension) {
        return [=](ListSpec& spec) { spec.extensions = {extension}; };
    };
    const Bytes null = tlv(0x05, {});
    const Change changes[] = {
        {"nothing", [](ListSpec&) {}, ""},
        {"no version", [](ListSpec& spec) { spec.version.clear(); }, ""},
        {"version 3", [](ListSpec& spec) { spec.version = {2}; }, "expected 1, found 2"},
        {"no version but extensions",
         [=](ListSpec& spec) {
             spec.version.clear();
             spec.extensions = {list_extension("2.999.1", false, null)};
         },
         "tbsCertList"},
        {"no nextUpdate", [](ListSpec& spec) { spec.next_update.clear(); }, "nextUpdate"},
        {"another algorithm outside",
         [](ListSpec& spec) { spec.outer_algorithm = "1.2.840.10045.4.3.3"; },
         "not the same as tbsCertList.signature"},
        {"unknown extension", with(list_extension("2.999.1", false, null)), ""},
        {"critical unknown extension", with(list_extension("2.999.1", true, null)),
         "the critical extension 2.999.1 is not processed"},
        {"delta", with(list_extension("2.5.29.27", true, tlv(0x02, Bytes{1}))), "delta"},
        {"delta that is not critical",
         with(list_extension("2.5.29.27", false, tlv(0x02, Bytes{1}))), "delta"},
        {"empty scope", with(point({})), ""},
        {"indirect", with(point({flag(4)})), "indirect"},
        {"attribute certificates", with(point({flag(5)})), "attribute certificates"},
        {"some reasons", with(point({tlv(0x83, Bytes{1, 0x40})})), "some reasons"},
        {"relative point", with(point({tlv(0xa0, tlv(0xa1, {}))})), "relative to the issuer"},
        {"flag of two bytes", with(point({tlv(0x81, Bytes{0xff, 0xff})})), "no BOOLEAN"},
        {"reason", with_entry(reason(4)), ""},
        {"no such reason", with_entry(reason(11)), "no reason"},
        {"invalidity date", with_entry(list_extension("2.5.29.24", true, tlv(0x18, {}))), ""},
        {"certificate issuer", with_entry(list_extension("2.5.29.29", true, tlv(0x30, {}))),
         "the critical extension 2.5.29.29 is not processed"},
        {"empty serial",
         [](ListSpec& spec) {
             spec.entries = {{Bytes{}, {}}};
         },
         "userCertificate"},
        {"bad date",
         [](ListSpec& spec) {
             spec.entries = {{Bytes{1}, {}, "2901"}};
         },
         "revocationDate"},
    };
    for (const Change& change : changes) {
        SCOPED_TRACE(change.name);
        ListSpec spec;
        change.make(spec);
        const auto list = RevocationList::parse(build_list_der(spec));
        EXPECT_EQ(list.has_value(), std::string(change.says).empty());
        if (list) continue;
        EXPECT_EQ(list.error().code, Errc::bad_input);
        EXPECT_TRUE(list.error().what.starts_with("malformed revocation list: "));
        EXPECT_NE(list.error().what.find(change.says), std::string::npos) << list.error().what;
    }
}

TEST(RevocationList, EveryCutIsRefused) {
    ListSpec spec;
    spec.entries = {{Bytes{1}, {reason(1)}}, {Bytes{2}, {}}};
    spec.extensions = {point({full_name("http://a.test/1.crl")})};
    const Bytes whole = build_list_der(spec);
    EXPECT_TRUE(RevocationList::parse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(RevocationList::parse(ConstBytes(whole).first(size))) << size;
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(RevocationList::parse(longer));
}

TEST(RevocationLists, ComeFromTextsAndFilesOfEitherForm) {
    const TemporaryDirectory directory;
    const std::string two = read_data("root.crl") + read_data("intermediate.crl");
    const auto write = [&](const std::string& name, std::string_view text) {
        const std::string path = directory.path() + "/" + name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    };
    EXPECT_EQ(must(RevocationLists::from_file(write("two", two))).lists().size(), 2U);
    const Bytes der = build_list_der({});
    EXPECT_EQ(must(RevocationLists::from_file(write("der", as_text(der)))).lists().size(), 1U);
    const auto says = [](const Result<RevocationLists>& lists, std::string_view wanted) {
        return !lists && lists.error().what.find(wanted) != std::string::npos;
    };
    EXPECT_TRUE(says(RevocationLists::from_text("", "a.crl"), "a.crl: no X509 CRL block"));
    EXPECT_TRUE(says(RevocationLists::from_text(read_data("root.pem"), "a.crl"),
                     "found CERTIFICATE (line 1)"));
    EXPECT_TRUE(says(RevocationLists::from_text(as_text(ConstBytes(der).first(40)), "a.crl"),
                     "a.crl: malformed revocation list"));
    EXPECT_TRUE(says(RevocationLists::from_file(directory.path() + "/none"), "none: "));
    EXPECT_TRUE(RevocationLists().empty());
}

}  // namespace
}  // namespace omnitls::test
