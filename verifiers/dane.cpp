// SPDX-License-Identifier: BSL-1.0
// Asks the source, and turns what it says into a verdict.
#include "verifiers/tlsa_match.hpp"
#include <omnitls/verifiers/dane.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using Status = TlsaAnswer::Status;

constexpr std::size_t kMaxRecords = 64;

Verdict refuse(std::string text, Errc code = Errc::certificate_rejected) {
    return Verdict::rejected(code, Alert::certificate_unknown, "DANE: " + std::move(text));
}

/// What counts of what was found: the usable records, and of those with the same usage and selector only the stronger digest, so that
/// nobody gets by with a weaker one that is published for others (RFC 7671 §9).
std::vector<TlsaRecord> records_that_count(std::vector<TlsaRecord> records, bool pkix_usages) {
    std::erase_if(records, [=](const TlsaRecord& record) {
        return !record.usable() || (record.usage <= 1 && !pkix_usages);
    });
    const std::vector<TlsaRecord> usable = records;
    std::erase_if(records, [&](const TlsaRecord& record) {
        return record.matching_type == 1 &&
               std::ranges::any_of(usable, [&](const TlsaRecord& other) {
                   return other.matching_type == 2 && other.usage == record.usage &&
                          other.selector == record.selector;
               });
    });
    return records;
}

/// One look-up, kept by whoever may still answer it. Gone unanswered, the question goes too, which rejects.
class Lookup {
public:
    Lookup(Question question, const DaneOptions& options, ReferenceIdentity asked)
        : request_(question.shared_request()),
          options_(options),
          asked_(std::move(asked)),
          question_(std::move(question)) {}

    void found(TlsaAnswer answer) noexcept {
        std::optional<Question> question;
        {
            const std::lock_guard lock(mutex_);
            question.swap(question_);
        }
        if (!question || question->stop_token().stop_requested()) return;
        try {
            std::move(*question).answer(judge(std::move(answer)));
        } catch (...) {  // NOLINT(bugprone-empty-catch): the question goes, which rejects
        }
    }

private:
    Verdict judge(TlsaAnswer answer) const {
        switch (answer.status) {
            case Status::secure:
                return judge_records(std::move(answer));
            case Status::insecure:
                return without_records("the zone is not signed", answer);
            case Status::no_records:
                return without_records("there are no TLSA records", answer);
            case Status::bogus:
                return refuse("the records of " + asked_.value() + " are bogus" + reason(answer));
            case Status::failed:
                break;
        }
        return refuse("the records of " + asked_.value() + " could not be looked up" +
                      reason(answer));
    }
    static std::string reason(const TlsaAnswer& answer) {
        return answer.detail.empty() ? "" : ": " + answer.detail;
    }
    Verdict judge_records(TlsaAnswer answer) const {
        if (answer.records.size() > kMaxRecords) {
            return refuse("more than " + std::to_string(kMaxRecords) + " TLSA records",
                          Errc::limit_exceeded);
        }
        answer.records = records_that_count(std::move(answer.records), options_.pkix_usages);
        if (answer.records.empty()) return without_records("no TLSA record is usable", answer);
        if (answer.base_domain.empty()) {
            return verifiers::judge_by_records(*request_, answer.records, asked_);
        }
        const auto base = ReferenceIdentity::dns(answer.base_domain);
        if (!base) return refuse("the TLSA base domain: " + base.error().what);
        return verifiers::judge_by_records(*request_, answer.records, *base);
    }
    Verdict without_records(const std::string& why, const TlsaAnswer& answer) const {
        if (options_.without_records == DaneOptions::WithoutRecords::baseline) {
            return Verdict::trusted();
        }
        return refuse(asked_.value() + ": " + why + reason(answer));
    }

    const std::shared_ptr<const VerifyRequest> request_;
    const DaneOptions options_;
    const ReferenceIdentity asked_;
    std::mutex mutex_;
    std::optional<Question> question_;
};

class Dane final : public CertificateVerifier {
public:
    Dane(std::shared_ptr<TlsaSource> source, DaneOptions options)
        : source_(std::move(source)), options_(std::move(options)) {}

    void verify(Question question) override {
        const VerifyRequest& request = question.request();
        if (auto verdict = at_once(request)) {
            return std::move(question).answer(*std::move(verdict));
        }
        const auto host = host_of(request);
        if (!host) {
            const bool baseline = options_.without_records == DaneOptions::WithoutRecords::baseline;
            return std::move(question).answer(
                baseline ? Verdict::trusted()
                         : refuse("there is no host name to look up TLSA records of"));
        }
        const std::uint16_t port = options_.port != 0 ? options_.port : request.dial_port;
        std::string name =
            '_' + std::to_string(port) + "._" + options_.transport + '.' + host->value();
        std::stop_token stop = question.stop_token();
        const auto lookup = std::make_shared<Lookup>(std::move(question), options_, *host);
        // A copy: the source may let go of this object.
        const std::shared_ptr<TlsaSource> source = source_;
        source->lookup(std::move(name), std::move(stop),
                       [lookup](TlsaAnswer answer) { lookup->found(std::move(answer)); });
    }

private:
    /// What needs no records.
    std::optional<Verdict> at_once(const VerifyRequest& request) const {
        if (request.role != Role::client) return refuse("clients have no TLSA records");
        if (!source_) return refuse("there is no source of TLSA records");
        if (!request.judge) {
            return refuse("the evidence comes without a judge", Errc::verifier_failed);
        }
        if (options_.port == 0 && request.dial_port == 0) {
            return refuse("neither DaneOptions::port nor ClientTarget::dial_port is set",
                          Errc::bad_config);
        }
        return std::nullopt;
    }
    std::optional<ReferenceIdentity> host_of(const VerifyRequest& request) const {
        if (options_.base == DaneOptions::Base::dial_address) {
            auto dialled = ReferenceIdentity::dns(request.dial_address);
            if (!dialled) return std::nullopt;
            return *std::move(dialled);
        }
        const auto& names = request.reference_identities;
        const auto host = std::ranges::find(names, ReferenceIdentity::Type::dns,
                                            [](const auto& name) { return name.type(); });
        return host == names.end() ? std::nullopt : std::optional<ReferenceIdentity>(*host);
    }

    const std::shared_ptr<TlsaSource> source_;
    const DaneOptions options_;
};

class FixedTlsa final : public TlsaSource {
public:
    FixedTlsa(std::vector<TlsaRecord> records, std::string base_domain)
        : answer_{Status::secure, std::move(records), std::move(base_domain)} {
        if (answer_.records.empty()) answer_.status = Status::no_records;
    }
    void lookup(std::string, std::stop_token, std::function<void(TlsaAnswer)> done) override {
        done(answer_);
    }

private:
    TlsaAnswer answer_;
};

}  // namespace

DaneOptions DaneOptions::smtp_mx() {
    DaneOptions options;
    options.base = Base::dial_address;
    options.pkix_usages = false;
    return options;
}

std::shared_ptr<TlsaSource> fixed_tlsa(std::vector<TlsaRecord> records, std::string base_domain) {
    return std::make_shared<FixedTlsa>(std::move(records), std::move(base_domain));
}

std::shared_ptr<CertificateVerifier> dane(std::shared_ptr<TlsaSource> source, DaneOptions options) {
    return std::make_shared<Dane>(std::move(source), std::move(options));
}

}  // namespace omnitls::inline v0
