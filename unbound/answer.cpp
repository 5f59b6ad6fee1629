// SPDX-License-Identifier: BSL-1.0
#include "unbound/answer.hpp"

#include <unbound.h>

#include <algorithm>
#include <utility>

namespace omnitls::inline v0::unbound_native {
namespace {

using Status = TlsaAnswer::Status;

// RFC 1035 §4.1.1.
enum Rcode : int { no_error = 0, server_failure = 2, name_error = 3, refused = 5 };

std::string words_for(int rcode) {
    if (rcode == server_failure) return "no answer that can be used (SERVFAIL)";
    if (rcode == refused) return "the resolver refuses (REFUSED)";
    return "the resolver answers with code " + std::to_string(rcode);
}

void add_records(TlsaAnswer& answer, const ub_result& result) {
    for (std::size_t i = 0; result.data[i] != nullptr; ++i) {
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(result.data[i]);
        auto record = TlsaRecord::from_rdata({bytes, static_cast<std::size_t>(result.len[i])});
        if (record) {
            answer.records.push_back(*std::move(record));
        } else {
            answer.detail = "malformed " + record.error().what;
        }
    }
}

/// As names are compared, RFC 4343.
std::string plain(std::string name) {
    if (name.ends_with('.')) name.pop_back();
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
}

}  // namespace

TlsaAnswer failed(std::string why) {
    TlsaAnswer answer;
    answer.detail = std::move(why);
    return answer;
}

TlsaAnswer answer_of(const ub_result& result) {
    TlsaAnswer answer;
    if (result.bogus != 0) {
        answer.status = Status::bogus;
        if (result.why_bogus != nullptr) answer.detail = escape_untrusted(result.why_bogus, 512);
        return answer;
    }
    if (result.rcode != no_error && result.rcode != name_error) {
        return failed(words_for(result.rcode));
    }
    if (result.secure == 0) {
        answer.status = Status::insecure;
    } else if (result.havedata == 0) {
        answer.status = Status::no_records;
    } else {
        answer.status = Status::secure;
        add_records(answer, result);
    }
    return answer;
}

std::string end_of_aliases(const ub_result& result) {
    if (result.canonname == nullptr) return {};
    std::string end = plain(result.canonname);
    return end == plain(result.qname) ? std::string() : end;
}

}  // namespace omnitls::inline v0::unbound_native
