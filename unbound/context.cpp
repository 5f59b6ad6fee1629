// SPDX-License-Identifier: BSL-1.0
#include "unbound/context.hpp"

#include <unbound.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string_view>

namespace omnitls::inline v0::unbound_native {
namespace {

using Fault = std::optional<ErrorDetail>;

std::string in_quotes(std::string_view text) { return '"' + escape_untrusted(text) + '"'; }

ErrorDetail fault(const std::string& member, const std::string& what, std::string hint = {},
                  Errc code = Errc::bad_config) {
    return make_error(code, "UnboundOptions::" + member + ": " + what, std::move(hint));
}

/// "192.0.2.1@53" as libunbound wants it; nothing if the port is no port. Whether the rest is an address libunbound knows.
std::optional<std::string> with_at_sign(std::string_view text) {
    std::string_view host = text;
    std::string_view port;
    std::size_t mark = std::string_view::npos;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        if (end + 1 == text.size()) return std::string(host);
        if (text[end + 1] != ':') return std::nullopt;
        mark = end + 1;
    } else {
        mark = text.find('@');
        if (mark == std::string_view::npos && std::ranges::count(text, ':') == 1)
            mark = text.find(':');
        if (mark == std::string_view::npos) return std::string(host);
        host = text.substr(0, mark);
    }
    port = text.substr(mark + 1);
    unsigned number = 0;
    const char* const end = port.data() + port.size();
    const auto [after, problem] = std::from_chars(port.data(), end, number);
    if (problem != std::errc() || after != end || number == 0 || number > 65535) {
        return std::nullopt;
    }
    return std::string(host) + '@' + std::to_string(number);
}

Fault set_resolver(ub_ctx* context, const UnboundOptions& options) {
    if (options.resolver.empty()) {
        if (const int status = ub_ctx_resolvconf(context, nullptr); status != 0) {
            return fault(
                "resolver",
                std::string("empty, so that /etc/resolv.conf is read, but: ") + ub_strerror(status),
                "give the address of a resolver");
        }
        return std::nullopt;
    }
    const auto address = with_at_sign(options.resolver);
    if (!address || ub_ctx_set_fwd(context, address->c_str()) != 0) {
        return fault(
            "resolver",
            "wanted an IP address, with or without a port, found " + in_quotes(options.resolver),
            "for example \"127.0.0.1\", \"127.0.0.1@5353\" or \"[::1]:5353\"");
    }
    return std::nullopt;
}

bool is_anchor_type(std::string word) {
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return word == "DS" || word == "DNSKEY";
}

/// libunbound takes a file without any anchor, and then nothing is ever bogus. Whether the records are good is for libunbound.
bool names_an_anchor(std::istream& text) {
    for (std::string line; std::getline(text, line);) {
        std::istringstream words(line.substr(0, line.find(';')));
        for (std::string word; words >> word;) {
            if (is_anchor_type(word)) return true;
        }
    }
    return false;
}

Fault add_anchor_file(ub_ctx* context, const std::string& path) {
    std::ifstream file(path);
    const std::string where = in_quotes(path);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
        return fault("trust_anchor_file", where + " cannot be read, or is empty",
                     "the root's is in Debian's package dns-root-data", Errc::bad_input);
    }
    if (!names_an_anchor(file) || ub_ctx_add_ta_file(context, path.c_str()) != 0) {
        return fault("trust_anchor_file", where + " has no DNSKEY and no DS record", {},
                     Errc::bad_input);
    }
    return std::nullopt;
}

Fault add_anchor(ub_ctx* context, const std::string& record) {
    std::istringstream text(record);
    if (record.find('\n') != std::string::npos || !names_an_anchor(text) ||
        ub_ctx_add_ta(context, record.c_str()) != 0) {
        return fault("trust_anchors",
                     "wanted a DNSKEY or DS record on one line, found " + in_quotes(record));
    }
    return std::nullopt;
}

Fault add_anchors(ub_ctx* context, const UnboundOptions& options) {
    if (options.trust_anchor_file.empty() && options.trust_anchors.empty()) {
        return fault("trust_anchor_file", "empty, and so is trust_anchors",
                     "without an anchor nothing can be validated");
    }
    if (!options.trust_anchor_file.empty()) {
        if (auto problem = add_anchor_file(context, options.trust_anchor_file)) return problem;
    }
    for (const std::string& record : options.trust_anchors) {
        if (auto problem = add_anchor(context, record)) return problem;
    }
    return std::nullopt;
}

Fault set_time(ub_ctx* context, const UnboundOptions& options) {
    if (!options.time) return std::nullopt;
    using namespace std::chrono;
    const auto day = floor<days>(*options.time);
    const year_month_day date(day);
    const hh_mm_ss clock(*options.time - day);
    // RFC 4034 §3.1.5: seconds in 32 bits. To libunbound the first of them is no time at all.
    if (*options.time <= UtcTime() || date.year() > year(2105)) {
        return fault("time", "wanted one from 1970 to 2105");
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                  int(clock.minutes().count()), int(clock.seconds().count()));
    if (ub_ctx_set_option(context, "val-override-date:", text.data()) != 0) {
        return fault("time", "libunbound does not take " + in_quotes(text.data()));
    }
    return std::nullopt;
}

Fault set_settings(ub_ctx* context, const UnboundOptions& options) {
    for (const auto& [name, value] : options.settings) {
        const std::string key = name.ends_with(':') ? name : name + ':';
        // Without the validator there is nothing to ask for, and a module that is not there crashes libunbound 1.17 at its end.
        if (key == "module-config:") return fault("settings", "module-config is not to be changed");
        if (ub_ctx_set_option(context, key.c_str(), value.c_str()) != 0) {
            std::string text = key;
            text.append(1, ' ').append(value);
            return fault("settings", "libunbound does not take " + in_quotes(text));
        }
    }
    return std::nullopt;
}

/// Has libunbound read what it was told, which it would otherwise do at the first query: taking away a zone that is not there does
/// nothing else (unbound.h: "Context is finalized by the routine").
int read_all(ub_ctx* context) { return ub_ctx_zone_remove(context, "omnitls.invalid."); }

/// Whether these anchors alone are good.
template <class Add>
bool good_alone(Add add) {
    const ContextPtr context(ub_ctx_create());
    return context && !add(context.get()) && read_all(context.get()) == 0;
}

/// Why `read_all` failed: libunbound tells its log and not its caller.
ErrorDetail culprit(const UnboundOptions& options, int status) {
    const std::string& file = options.trust_anchor_file;
    if (!file.empty() &&
        !good_alone([&](ub_ctx* context) { return add_anchor_file(context, file); }))
        return fault("trust_anchor_file",
                     in_quotes(file) + " has something that is no DNSKEY or DS record", {},
                     Errc::bad_input);
    for (const std::string& record : options.trust_anchors) {
        if (!good_alone([&](ub_ctx* context) { return add_anchor(context, record); }))
            return fault("trust_anchors", in_quotes(record) + " is no DNSKEY or DS record");
    }
    return fault("settings", std::string("libunbound does not start: ") + ub_strerror(status));
}

/// What holds whatever the options say; they come afterwards.
bool set_defaults(ub_ctx* context) {
    // A thread and not a process. A resolver on this machine is as good as any: what it says is validated.
    return ub_ctx_async(context, 1) == 0 &&
           ub_ctx_set_option(context, "do-not-query-localhost:", "no") == 0;
}

}  // namespace

void Delete::operator()(ub_ctx* context) const noexcept { ub_ctx_delete(context); }
void Delete::operator()(ub_result* result) const noexcept { ub_resolve_free(result); }

Result<ContextPtr> make_context(const UnboundOptions& options) {
    if (options.timeout <= std::chrono::milliseconds(0)) {
        return fault("timeout", "wanted more than 0 ms");
    }
    if (options.max_lookups == 0) return fault("max_lookups", "wanted at least 1");
    if (!options.timer) return fault("timer", "null");
    ContextPtr context(ub_ctx_create());
    if (!context || !set_defaults(context.get())) {
        return make_error(make_error_code(Errc::internal), "libunbound gives no context");
    }
    for (const auto set : {set_resolver, add_anchors, set_time, set_settings}) {
        if (auto problem = set(context.get(), options)) return *std::move(problem);
    }
    if (const int status = read_all(context.get()); status != 0) return culprit(options, status);
    return context;
}

}  // namespace omnitls::inline v0::unbound_native
