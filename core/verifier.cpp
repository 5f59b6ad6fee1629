// SPDX-License-Identifier: BSL-1.0
// What findings mean (one cause and one alert each), what a verdict is, and what is made of a verdict on the evidence.
#include <omnitls/verifier.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace omnitls::inline v0 {
namespace {

struct CategoryRow {
    FindingCategory category;
    std::string_view name;
    Errc code;
    Alert alert;
};

// One row per category, in the order of the enumeration.
// Alerts are certificate alerts (42..49) throughout, RFC 8446 §6.2. What says "this authority may not vouch for that"
// (constraints, path length, no CA) is unknown_ca: to the peer, no acceptable authority stands behind its certificate. What says
// "not made for this use" or "in a form that is not processed" (usages, critical extensions) is unsupported_certificate. bad_signature is bad_certificate and not
// decrypt_error: decrypt_error would say that the handshake's own proof failed.
constexpr std::array category_rows{
    CategoryRow{FindingCategory::unknown_authority, "unknown_authority", Errc::unknown_authority,
                Alert::unknown_ca},
    CategoryRow{FindingCategory::self_signed, "self_signed", Errc::unknown_authority,
                Alert::unknown_ca},
    CategoryRow{FindingCategory::bad_signature, "bad_signature", Errc::certificate_rejected,
                Alert::bad_certificate},
    CategoryRow{FindingCategory::expired, "expired", Errc::certificate_expired,
                Alert::certificate_expired},
    CategoryRow{FindingCategory::not_yet_valid, "not_yet_valid", Errc::certificate_not_yet_valid,
                Alert::bad_certificate},
    CategoryRow{FindingCategory::not_a_ca, "not_a_ca", Errc::certificate_rejected,
                Alert::unknown_ca},
    CategoryRow{FindingCategory::path_length, "path_length", Errc::certificate_rejected,
                Alert::unknown_ca},
    CategoryRow{FindingCategory::key_usage, "key_usage", Errc::certificate_rejected,
                Alert::unsupported_certificate},
    CategoryRow{FindingCategory::extended_key_usage, "extended_key_usage",
                Errc::certificate_rejected, Alert::unsupported_certificate},
    CategoryRow{FindingCategory::name_constraints, "name_constraints", Errc::certificate_rejected,
                Alert::unknown_ca},
    CategoryRow{FindingCategory::unknown_critical_extension, "unknown_critical_extension",
                Errc::certificate_rejected, Alert::unsupported_certificate},
    CategoryRow{FindingCategory::weak_key, "weak_key", Errc::certificate_rejected,
                Alert::bad_certificate},
    CategoryRow{FindingCategory::weak_signature, "weak_signature", Errc::certificate_rejected,
                Alert::bad_certificate},
    CategoryRow{FindingCategory::revoked, "revoked", Errc::certificate_revoked,
                Alert::certificate_revoked},
    CategoryRow{FindingCategory::revocation_unknown, "revocation_unknown", Errc::revocation_unknown,
                Alert::certificate_unknown},
    CategoryRow{FindingCategory::malformed, "malformed", Errc::certificate_rejected,
                Alert::bad_certificate},
    CategoryRow{FindingCategory::name_mismatch, "name_mismatch", Errc::name_mismatch,
                Alert::bad_certificate},
    CategoryRow{FindingCategory::limit_exceeded, "limit_exceeded", Errc::limit_exceeded,
                Alert::bad_certificate},
    CategoryRow{FindingCategory::backend_refused, "backend_refused", Errc::certificate_rejected,
                Alert::bad_certificate},
};

constexpr bool rows_in_order() {
    for (std::size_t i = 0; i < category_rows.size(); ++i) {
        if (static_cast<std::size_t>(category_rows[i].category) != i) return false;
    }
    return true;
}
static_assert(rows_in_order() &&
              category_rows.size() ==
                  static_cast<std::size_t>(FindingCategory::backend_refused) + 1);

const CategoryRow* find_row(FindingCategory category) noexcept {
    const auto index = static_cast<std::size_t>(category);
    return index < category_rows.size() ? &category_rows[index] : nullptr;
}

std::string join(const std::vector<std::string>& items, std::string_view if_empty) {
    if (items.empty()) return std::string(if_empty);
    std::string text;
    for (const auto& item : items) {
        if (!text.empty()) text += ", ";
        text += item;
    }
    return text;
}

std::string mismatch_text(const NameResult& name) {
    return "wanted " + join(name.wanted, "no name at all") + "; the certificate is for " +
           join(name.present, "no name that counts (the common name does not)");
}

Finding mismatch_finding(const VerifyRequest& request) {
    const Certificate* const leaf = request.peer.leaf();
    return {FindingCategory::name_mismatch, 0, leaf ? leaf->describe() : std::string{},
            mismatch_text(request.name)};
}

bool name_failed(const VerifyRequest& request) noexcept {
    return request.name.checked && !request.name.matched;
}

// One line, whatever the program or the peer put into it.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

// "No error" and "clean end" are no reasons to refuse somebody; taken literally they would turn a rejection into success.
Errc rejection_code(Errc code) noexcept {
    const bool an_error = static_cast<int>(code) != 0 && code != Errc::closed;
    return an_error ? code : Errc::certificate_rejected;
}

std::string failure_text(const Finding& failure) {
    std::string text(finding_name(failure.category));
    text += ": ";
    if (!failure.subject.empty()) text += failure.subject + ": ";
    return text + failure.text;
}

Judgement judge_rejection(const Verdict& verdict, const VerifyRequest& request) {
    Judgement judgement;
    judgement.code = rejection_code(verdict.code());
    judgement.alert = verdict.alert();
    judgement.text = one_line(verdict.text());
    if (!judgement.text.empty()) return judgement;
    judgement.text = judgement.code == Errc::verifier_failed ? "the verifier gave no verdict"
                                                             : "the verifier refused the peer";
    const std::vector<Finding> failures = request.failures();
    if (!failures.empty()) judgement.text += " (" + failure_text(failures.front()) + ")";
    return judgement;
}

Judgement judge_failure(const Finding& failure) {
    Judgement judgement;
    judgement.code = errc_for(failure.category);
    judgement.alert = alert_for(failure.category);
    judgement.text = one_line(failure_text(failure));
    judgement.certificate = failure.depth;
    return judgement;
}

class BaselineVerifier final : public CertificateVerifier {
public:
    void verify(Question question) override { std::move(question).answer(Verdict::trusted()); }
    // What it decides by is in the evidence alone, so sessions may be shared by all objects of this type.
    std::string policy_id() const override { return "omnitls.baseline"; }
};

class FunctionVerifier final : public CertificateVerifier {
public:
    explicit FunctionVerifier(std::function<Verdict(const VerifyRequest&)> decide)
        : decide_(std::move(decide)) {}
    void verify(Question question) override {
        Verdict verdict;
        try {
            verdict = decide_(question.request());
        } catch (const std::exception& error) {
            // Letting it go would reject as well; caught here, its words reach the log.
            verdict = Verdict::rejected(Errc::verifier_failed, Alert::certificate_unknown,
                                        std::string("the verifier threw: ") + error.what());
        }
        std::move(question).answer(std::move(verdict));
    }

private:
    std::function<Verdict(const VerifyRequest&)> decide_;
};

class AsyncFunctionVerifier final : public CertificateVerifier {
public:
    explicit AsyncFunctionVerifier(std::function<void(Question)> ask) : ask_(std::move(ask)) {}
    void verify(Question question) override { ask_(std::move(question)); }

private:
    std::function<void(Question)> ask_;
};

}  // namespace

std::string_view finding_name(FindingCategory category) noexcept {
    const CategoryRow* const row = find_row(category);
    return row ? row->name : "unknown";
}

Errc errc_for(FindingCategory category) noexcept {
    const CategoryRow* const row = find_row(category);
    return row ? row->code : Errc::certificate_rejected;
}

Alert alert_for(FindingCategory category) noexcept {
    const CategoryRow* const row = find_row(category);
    return row ? row->alert : Alert::certificate_unknown;
}

std::vector<Finding> VerifyRequest::failures() const {
    std::vector<Finding> all = findings;
    if (name_failed(*this)) all.push_back(mismatch_finding(*this));
    return all;
}

bool VerifyRequest::baseline_passed() const noexcept {
    return findings.empty() && !name_failed(*this);
}

Verdict Verdict::trusted() noexcept {
    Verdict verdict;
    verdict.kind_ = Kind::trusted;
    return verdict;
}

Verdict Verdict::trusted_despite(std::vector<Finding> findings) {
    Verdict verdict;
    verdict.kind_ = Kind::trusted_despite;
    verdict.findings_ = std::move(findings);
    return verdict;
}

Verdict Verdict::rejected(Errc code, Alert alert, std::string text) {
    Verdict verdict;
    verdict.code_ = code;
    verdict.alert_ = alert;
    verdict.text_ = std::move(text);
    return verdict;
}

Verdict&& Verdict::resumable_for(std::chrono::seconds duration) && {
    resumable_ = std::max(duration, std::chrono::seconds{0});
    return std::move(*this);
}

Verdict&& Verdict::when_open(std::function<void()> remember) && {
    remember_ = std::move(remember);
    return std::move(*this);
}

std::shared_ptr<CertificateVerifier> baseline_verifier() {
    return std::make_shared<BaselineVerifier>();
}

std::shared_ptr<CertificateVerifier> make_verifier(
    std::function<Verdict(const VerifyRequest&)> decide) {
    return std::make_shared<FunctionVerifier>(std::move(decide));
}

std::shared_ptr<CertificateVerifier> make_async_verifier(std::function<void(Question)> ask) {
    return std::make_shared<AsyncFunctionVerifier>(std::move(ask));
}

Judgement judge_verdict(const Verdict& verdict, const VerifyRequest& request) {
    if (verdict.kind() == Verdict::Kind::rejected) return judge_rejection(verdict, request);
    const std::vector<Finding>& named = verdict.accepted_findings();  // none for trusted()
    for (const Finding& failure : request.failures()) {
        const bool accepted = std::any_of(
            named.begin(), named.end(), [&](const Finding& name) { return name.same_as(failure); });
        if (!accepted) return judge_failure(failure);
    }
    Judgement judgement;
    judgement.accepted = true;
    return judgement;
}

}  // namespace omnitls::inline v0
