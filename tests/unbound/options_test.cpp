// SPDX-License-Identifier: BSL-1.0
// What a source cannot be made of is an error when it is made, and names the member.
#include "tests/support/temporary_directory.hpp"
#include "tests/unbound/ask.hpp"

#include <fstream>

namespace omnitls {
namespace {

using test::options_for;

class Options : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        const std::string path = directory_.path() + "/" + name;
        std::ofstream(path) << text;
        return path;
    }
    std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
    /// The error's text, or nothing.
    static std::string error_of(const UnboundOptions& options) {
        const auto made = unbound_tlsa(options);
        return made ? "" : made.error().what;
    }
    static std::string error_with(const std::function<void(UnboundOptions&)>& change) {
        UnboundOptions options = options_for("127.0.0.1@53");
        change(options);
        return error_of(options);
    }

private:
    const test::TemporaryDirectory directory_;
};

TEST_F(Options, AResolverIsAnAddress) {
    const auto error = [](const std::string& resolver) {
        return error_with([&](UnboundOptions& options) { options.resolver = resolver; });
    };
    for (const char* good : {"127.0.0.1", "127.0.0.1@53", "127.0.0.1:53", "::1", "::1@53", "[::1]",
                             "[::1]:53", "127.0.0.1@65535"})
        EXPECT_EQ(error(good), "") << good;
    for (const char* bad :
         {"localhost", "127.0.0.1@", "127.0.0.1@0", "127.0.0.1@65536", "127.0.0.1@53x",
          "127.0.0.1@53#name", "127.0.0.1:", "[::1", "[::1]53", "[]", "@53", "127.0.0.1 ", "\n"})
        EXPECT_EQ(error(bad),
                  "UnboundOptions::resolver: wanted an IP address, with or without a port, found "
                  "\"" +
                      escape_untrusted(bad) + "\"");
}

TEST_F(Options, AnchorsAreReadWhenTheSourceIsMade) {
    const auto error = [](const std::string& file) {
        return error_with([&](UnboundOptions& options) { options.trust_anchor_file = file; });
    };
    const std::string good = test::read_data("zones/root.anchor");
    const std::string start = "UnboundOptions::trust_anchor_file: ";
    EXPECT_EQ(error(write("good", "; a comment\n" + good)), "");
    EXPECT_EQ(error(write("ds", ". 60 IN ds 1 13 2 " + std::string(64, '0') + "\n")), "");
    EXPECT_EQ(error(path("absent")),
              start + '"' + path("absent") + "\" cannot be read, or is empty");
    EXPECT_EQ(error(write("nil", "")),
              start + '"' + path("nil") + "\" cannot be read, or is empty");
    EXPECT_EQ(error(path("")), start + '"' + path("") + "\" cannot be read, or is empty");
    for (const char* none : {"; DNSKEY\n", "example. IN A 127.0.0.1\n", "\n"})
        EXPECT_EQ(error(write("none", none)),
                  start + '"' + path("none") + "\" has no DNSKEY and no DS record");
    EXPECT_EQ(error(write("bad", good + "garbage DS\n")),
              start + '"' + path("bad") + "\" has something that is no DNSKEY or DS record");
}

TEST_F(Options, AnchorsAsText) {
    const auto error = [](std::vector<std::string> anchors, const std::string& file) {
        return error_with([&](UnboundOptions& options) {
            options.trust_anchors = std::move(anchors);
            options.trust_anchor_file = file;
        });
    };
    const std::string ds = ". IN DS 1 13 2 " + std::string(64, '0');
    const std::string file = test::data_path("zones/root.anchor");
    EXPECT_EQ(error({ds}, ""), "");
    EXPECT_EQ(error({ds}, file), "");
    EXPECT_EQ(error({}, ""), "UnboundOptions::trust_anchor_file: empty, and so is trust_anchors");
    for (const std::string& bad :
         std::vector<std::string>{"", "; " + ds, ds + "\n" + ds, "example. IN A 127.0.0.1"})
        EXPECT_EQ(error({ds, bad}, file),
                  "UnboundOptions::trust_anchors: wanted a DNSKEY or DS record on one line, found "
                  "\"" +
                      escape_untrusted(bad) + "\"");
    EXPECT_EQ(error({ds, "a DS"}, file),
              "UnboundOptions::trust_anchors: \"a DS\" is no DNSKEY or DS record");
}

TEST_F(Options, NumbersTimesAndSettings) {
    using namespace std::chrono;
    using Set = std::function<void(UnboundOptions&)>;
    const std::pair<Set, const char*> cases[] = {
        {[](auto& o) { o.timeout = 1ms; }, ""},
        {[](auto& o) { o.timeout = 0ms; }, "UnboundOptions::timeout: wanted more than 0 ms"},
        {[](auto& o) { o.max_lookups = 1; }, ""},
        {[](auto& o) { o.max_lookups = 0; }, "UnboundOptions::max_lookups: wanted at least 1"},
        {[](auto& o) { o.timer = system_timer(); }, ""},
        {[](auto& o) { o.timer = nullptr; }, "UnboundOptions::timer: null"},
        {[](auto& o) { o.time = sys_days{year{2105} / 12 / 31}; }, ""},
        {[](auto& o) { o.time = sys_days{year{2106} / 1 / 1}; },
         "UnboundOptions::time: wanted one from 1970 to 2105"},
        {[](auto& o) { o.time = UtcTime(1s); }, ""},
        {[](auto& o) { o.time = UtcTime(0s); },
         "UnboundOptions::time: wanted one from 1970 to 2105"},
        {[](auto& o) {
             o.settings = {{"msg-cache-size", "1m"}};
         },
         ""},
        {[](auto& o) {
             o.settings = {{"msg-cache-sise", "1m"}};
         },
         "UnboundOptions::settings: libunbound does not take \"msg-cache-sise: 1m\""},
        {[](auto& o) {
             o.settings = {{"msg-cache-size:", "m1"}};
         },
         "UnboundOptions::settings: libunbound does not take \"msg-cache-size: m1\""},
        {[](auto& o) {
             o.settings = {{"module-config", "iterator"}};
         },
         "UnboundOptions::settings: module-config is not to be changed"},
        {[](auto& o) {
             o.settings = {{"trust-anchor", ". DS 1 13 2 00"}};
         },
         ""},
        {[](auto& o) {
             o.settings = {{"trust-anchor", "a DS"}};
         },
         "UnboundOptions::settings: libunbound does not start: initialization failure"},
    };
    for (const auto& [change, text] : cases) EXPECT_EQ(error_with(change), text);
}

}  // namespace
}  // namespace omnitls
