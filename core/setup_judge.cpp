// SPDX-License-Identifier: BSL-1.0
#include "core/setup_judge.hpp"

#include "core/evidence.hpp"
#include "core/shell_setup.hpp"

#include <utility>

namespace omnitls::inline v0::core {
namespace {

ClientTarget target_of(const VerifyRequest& request, const JudgeAs& as) {
    ClientTarget target;
    target.names = as.names.value_or(request.reference_identities);
    target.dial_address = request.dial_address;
    target.dial_port = request.dial_port;
    target.danger_any_name = !as.names && !request.name.checked;
    return target;
}

class SetupJudge final : public Judge {
public:
    explicit SetupJudge(const std::shared_ptr<const ShellSetup>& setup)
        : setup_(setup), crypto_(*setup->crypto) {}

    const spi::Crypto& crypto() const noexcept override { return crypto_; }
    Result<std::shared_ptr<const VerifyRequest>> judge_again(const VerifyRequest& request,
                                                             const JudgeAs& as) const override {
        const auto setup = setup_.lock();
        if (!setup) return make_error(Errc::wrong_state, "the context is gone");
        std::vector<spi::NativeCertificate> chain;
        for (const PeerCertificate& certificate : request.peer.chain)
            chain.push_back({certificate.der, nullptr});
        const ClientTarget target = target_of(request, as);
        EvidenceInput input = evidence_input(*setup, request.role, chain, &target);
        input.trust = &as.anchors;
        input.time = request.time;
        input.sni = request.sni;
        input.alpn = request.alpn;
        input.version = request.version;
        input.ocsp_response = request.ocsp_response;
        input.resumed = request.resumed;
        return make_evidence(input);
    }

private:
    const std::weak_ptr<const ShellSetup> setup_;
    const spi::Crypto& crypto_;
};

}  // namespace

std::shared_ptr<const Judge> make_judge(const std::shared_ptr<const ShellSetup>& setup) {
    return std::make_shared<SetupJudge>(setup);
}

}  // namespace omnitls::inline v0::core
