// SPDX-License-Identifier: BSL-1.0
#include "tests/transport/attacks/cells.hpp"

#include "tests/support/pair.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <utility>

#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

/// A kind of attack that some transcripts give no occasion for.
struct LeftOut {
    std::string_view kind;
    bool (*applies)(const Transcript&);
    std::string_view reason;
};
const LeftOut left_out[] = {
    {"StrippedOffers", [](const Transcript& t) { return t.without_offer.empty(); },
     "clients offer nothing, they ask"},
    {"Refusals", [](const Transcript& t) { return t.refusals.empty(); },
     "who has asked for TLS has no words to refuse it"},
    {"Preauthentication", [](const Transcript& t) { return t.preauthenticated.empty(); },
     "nobody is logged in by a greeting"},
    {"AnswersBeforeTheirQuestion", [](const Transcript& t) { return t.turns.size() < 2; },
     "there is only one turn"},
    {"NulInText", [](const Transcript& t) { return !t.text; }, "NUL is a part of it"},
};

const LeftOut* find_left_out(std::string_view kind, const Transcript& transcript) {
    const auto* const row = std::ranges::find_if(
        left_out, [&](const LeftOut& one) { return one.kind == kind && one.applies(transcript); });
    return row == std::end(left_out) ? nullptr : row;
}

std::string kind_of(const testing::TestInfo& test) {
    const std::string name = test.name();
    return name.substr(0, name.find('/'));
}

const std::vector<AttackCell>& cells() {
    static const std::vector<AttackCell> all = [] {
        std::vector<AttackCell> every;
        for (const Transcript& transcript : transcripts())
            for (const TlsBackend* backend : built_backends())
                every.push_back({&transcript, backend});
        return every;
    }();
    return all;
}

std::string cell_name(const testing::TestParamInfo<AttackCell>& info) {
    return info.param.transcript->name + "_" + std::string(info.param.backend->name());
}

INSTANTIATE_TEST_SUITE_P(Every, Attacks, testing::ValuesIn(cells()), cell_name);

/// Connections of each transcript on each backend.
std::map<std::pair<std::string, std::string>, std::size_t>& sums() {
    static std::map<std::pair<std::string, std::string>, std::size_t> all;
    return all;
}

/// Tells what was run, and looks that nothing was left out but what has a reason.
class Summary : public testing::Environment {
    void TearDown() override {
        for (const Transcript& transcript : transcripts()) {
            std::size_t all = 0;
            std::string each;
            for (const TlsBackend* backend : built_backends()) {
                const std::string name(backend->name());
                const std::size_t sum = sums()[{transcript.name, name}];
                all += sum;
                each += (each.empty() ? "" : ", ") + std::to_string(sum) + " on " + name;
            }
            std::cout << "attacks: " << transcript.name << ": " << all
                      << " cases (connections: " << each << ")\n";
        }
        for (const TlsBackend* backend : built_backends()) {
            for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
                const std::string lacks = missing(*backend, capability_of(version));
                if (!lacks.empty()) std::cout << "attacks: not run: " << lacks << '\n';
            }
        }
        const auto& unit = *testing::UnitTest::GetInstance();
        if (unit.test_to_run_count() == unit.total_test_count()) expect_all_kinds(unit);
    }
    static void expect_all_kinds(const testing::UnitTest& unit) {
        std::size_t run = 0;
        std::size_t skipped = 0;
        std::set<std::string> kinds;
        for (int s = 0; s < unit.total_test_suite_count(); ++s) {
            const testing::TestSuite& suite = *unit.GetTestSuite(s);
            for (int t = 0; t < suite.total_test_count(); ++t) {
                const testing::TestInfo& test = *suite.GetTestInfo(t);
                ++(test.result()->Skipped() ? skipped : run);
                kinds.insert(kind_of(test));
            }
        }
        std::size_t with_reason = 0;
        for (const LeftOut& row : left_out) {
            EXPECT_TRUE(kinds.contains(std::string(row.kind))) << row.kind << " is no kind";
            const auto rows = std::ranges::count_if(transcripts(), row.applies);
            EXPECT_GT(rows, 0) << row.kind << " is left out of nothing";
            with_reason += static_cast<std::size_t>(rows) * built_backends().size();
        }
        EXPECT_EQ(skipped, with_reason);
        EXPECT_EQ(run + skipped, kinds.size() * cells().size());
        std::cout << "attacks: " << kinds.size() << " kinds, " << cells().size()
                  << " dialogues on backends, " << skipped << " cells left out with a reason, "
                  << connections_made() << " connections\n";
    }
};
const testing::Environment* const summary = testing::AddGlobalTestEnvironment(new Summary);

/// What each end says over TLS; the plain part has nothing like it.
constexpr std::string_view from_us = "said over TLS by us \x01\xff";
constexpr std::string_view from_them = "said over TLS by them \x01\xfe";

void expect_nothing_more(Connection& c, std::error_code ec) {
    const std::string sent = c.sent();
    const Outcome& read = c.us().read();
    const Outcome& write = c.us().write("never sent");
    c.settle();
    EXPECT_TRUE(read.failed(ec)) << read;
    EXPECT_EQ(read.bytes, 0U);
    EXPECT_TRUE(write.failed(ec)) << write;
    EXPECT_EQ(c.sent(), sent) << "nothing is sent";
    EXPECT_FALSE(c.us().is_secure());
    EXPECT_TRUE(c.us().settled());
    if (!c.their_upgrade().ok()) return;
    // A client of TLS 1.3 is done before its server; there is nothing for it to read.
    const Outcome& theirs = c.them().read();
    c.settle();
    EXPECT_EQ(theirs.bytes, 0U);
}

/// What `last_error` has for `ec`.
const ErrorDetail& told(Connection& c, std::error_code ec) {
    static const ErrorDetail nothing;
    const ErrorDetail* const detail = c.us().last_error();
    if (detail == nullptr) {
        ADD_FAILURE() << "nothing is known of " << ec.message();
        return nothing;
    }
    EXPECT_EQ(detail->code, ec) << detail->to_string();
    return *detail;
}

}  // namespace

std::vector<ProtocolVersion> versions_of(const TlsBackend& backend) {
    std::vector<ProtocolVersion> versions;
    for (const auto version : {ProtocolVersion::tls13, ProtocolVersion::tls12})
        if (missing(backend, capability_of(version)).empty()) versions.push_back(version);
    return versions;
}

void Attacks::SetUp() {
    const std::string kind = kind_of(*testing::UnitTest::GetInstance()->current_test_info());
    if (const LeftOut* row = find_left_out(kind, transcript())) GTEST_SKIP() << row->reason;
    before_ = connections_made();
}

void Attacks::TearDown() {
    if (IsSkipped()) return;
    const std::size_t made = connections_made() - before_;
    EXPECT_GE(made, 2U) << "an attack and its twin";
    sums()[{transcript().name, std::string(GetParam().backend->name())}] += made;
}

ConnectionSetup Attacks::setup() const {
    const TlsBackend* const ours = GetParam().backend;
    const ProtocolVersion version = versions_of(*ours).front();
    // The first that can, so that nobody waits for slow arithmetic at both ends. The twin has every pair.
    const auto theirs = std::ranges::find_if(built_backends(), [&](const TlsBackend* backend) {
        return std::ranges::count(versions_of(*backend), version) > 0;
    });
    return {.transcript = &transcript(), .stacks = {ours, *theirs, version}};
}

void Attacks::expect_twin() const {
    SCOPED_TRACE("the harmless twin");
    Connection c(setup());
    c.play();
    expect_open(c);
}

std::vector<int> records_in(std::string_view bytes) {
    std::vector<int> types;
    while (!bytes.empty()) {
        const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
        if (bytes.size() < 5 || at(0) < 20 || at(0) > 23 || at(1) != 3) {
            ADD_FAILURE() << "no TLS record: " << escape_untrusted(bytes);
            break;
        }
        const std::size_t size = 5 + (std::size_t{at(3)} << 8U) + at(4);
        EXPECT_LE(size, bytes.size()) << "half a record";
        types.push_back(at(0));
        bytes.remove_prefix(std::min(size, bytes.size()));
    }
    return types;
}

void expect_conversation(Connection& c) {
    for (const auto& [from, to, text] :
         {std::tuple{&c.us(), &c.them(), from_us}, std::tuple{&c.them(), &c.us(), from_them}}) {
        const Outcome& write = from->write(std::string(text));
        std::string got;
        while (got.size() < text.size()) {
            const Outcome& read = to->read();
            c.settle();
            ASSERT_TRUE(read.ok()) << read;
            got += to->text();
        }
        EXPECT_TRUE(write.ok()) << write;
        EXPECT_EQ(got, text);
    }
}

void expect_open(Connection& c) {
    ASSERT_TRUE(c.upgrade().ok()) << c.upgrade()
                                  << (c.us().last_error() != nullptr
                                          ? c.us().last_error()->to_string()
                                          : "");
    ASSERT_TRUE(c.their_upgrade().ok()) << c.their_upgrade();
    EXPECT_TRUE(c.us().is_secure());
    EXPECT_TRUE(c.them().is_secure());
    EXPECT_EQ(c.questions(), 1U);
    ASSERT_NE(c.us().evidence(), nullptr);
    ASSERT_FALSE(c.us().evidence()->peer.chain.empty());
    EXPECT_EQ(c.us().evidence()->role, c.our_role());
    EXPECT_EQ(c.us().version(), c.them().version());
    EXPECT_EQ(c.heard(), c.expected().sent) << "what came before the boundary";
    EXPECT_TRUE(c.sent().starts_with(c.expected().sent));
    EXPECT_FALSE(records_in(c.sent_as_tls()).empty());
    expect_conversation(c);
    EXPECT_TRUE(c.us().settled());
}

void expect_crossed(Connection& c) {
    const std::error_code ec = Errc::plaintext_after_starttls;
    EXPECT_TRUE(c.upgrade().failed(ec)) << c.upgrade();
    EXPECT_FALSE(told(c, ec).peer_text.empty());
    EXPECT_TRUE(c.sent().starts_with(c.expected().sent)) << "the go-ahead was reached";
    EXPECT_EQ(c.questions(), 0U);
    // An alert would be lost on somebody who speaks no TLS.
    const std::vector<int> records = records_in(c.sent_as_tls());
    EXPECT_LE(records.size(), 1U);
    for (const int type : records) EXPECT_EQ(type, 22) << "a ClientHello at most";
    expect_nothing_more(c, ec);
}

void expect_no_tls(Connection& c) {
    EXPECT_EQ(c.upgrade().calls, 1);
    const std::error_code ec = c.upgrade().ec;
    ASSERT_TRUE(ec);
    told(c, ec);
    EXPECT_TRUE(c.sent().starts_with(c.expected().sent)) << "the go-ahead was reached";
    records_in(c.sent_as_tls());
    expect_nothing_more(c, ec);
}

void expect_alert_at_most(Connection& c) {
    std::vector<int> records = records_in(c.sent_as_tls());
    if (c.our_role() == Role::client) {
        ASSERT_FALSE(records.empty());
        EXPECT_EQ(records.front(), 22) << "a ClientHello";
        records.erase(records.begin());
    }
    // RFC 8446 §D.4: a change_cipher_spec may come before what is under keys.
    if (!records.empty() && records.front() == 20) records.erase(records.begin());
    EXPECT_LE(records.size(), 1U);
    for (const int type : records) EXPECT_TRUE(type == 21 || type == 23) << type;
    EXPECT_EQ(c.questions(), 0U);
}

void expect_dialogue_failed(Connection& c, std::error_code ec) {
    EXPECT_TRUE(c.upgrade().failed(ec)) << c.upgrade();
    const Decision& expected = c.expected();
    const std::string& what = told(c, ec).what;
    if (expected.error == ec) {
        EXPECT_EQ(what, expected.what);
    }
    EXPECT_EQ(c.questions(), 0U);
    // What a dialogue has still to say when it has decided may be said, and nothing else.
    const std::string sent = c.sent();
    EXPECT_TRUE((expected.sent + expected.unsent).starts_with(sent)) << escape_untrusted(sent);
    if (expected.error) {
        EXPECT_TRUE(sent.starts_with(expected.sent)) << escape_untrusted(sent);
    }
    EXPECT_FALSE(c.us().is_secure());
    c.inject("in the clear");
    const Outcome& read = c.us().read();
    c.settle();
    EXPECT_TRUE(read.ok()) << read;
    EXPECT_TRUE(c.us().text().ends_with("in the clear")) << "the stream is plain, and says so";
    EXPECT_EQ(c.sent(), sent) << "nothing is sent";
    EXPECT_TRUE(c.us().settled());
}

void expect_decided(Connection& c) {
    const Decision& expected = c.expected();
    if (expected.error) return expect_dialogue_failed(c, expected.error);
    if (expected.upgraded) return expected.leftover.empty() ? expect_open(c) : expect_crossed(c);
    EXPECT_EQ(c.questions(), 0U);
    EXPECT_EQ(c.sent(), expected.sent);
    EXPECT_FALSE(c.us().is_secure());
    if (expected.done) {
        EXPECT_TRUE(c.upgrade().ok()) << c.upgrade();
        return;
    }
    EXPECT_EQ(c.upgrade().calls, 0) << "it waits for more";
    c.end();
    EXPECT_TRUE(c.upgrade().failed(Errc::truncated)) << c.upgrade();
    EXPECT_FALSE(told(c, Errc::truncated).what.empty());
}

}  // namespace omnitls::test
