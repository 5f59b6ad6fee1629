// SPDX-License-Identifier: BSL-1.0
// The backend and the contexts that users see, made of what a backend wrote and the shell. Also the capability rows.
#include "core/algorithm_choice.hpp"
#include "core/config_check.hpp"
#include "core/engine_shell.hpp"
#include "core/evidence.hpp"
#include "core/setup_judge.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/spi/native_context.hpp>

#include <chrono>
#include <utility>

namespace omnitls::inline v0 {

std::string_view capability_state_name(CapabilityState state) noexcept {
    switch (state) {
        case CapabilityState::native:
            return "native";
        case CapabilityState::emulated:
            return "emulated";
        case CapabilityState::absent:
            return "absent";
    }
    return "unknown";
}

const Capability* Capabilities::find(std::string_view name) const noexcept {
    for (const Capability& row : rows_) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

bool Capabilities::has(std::string_view name) const noexcept {
    const Capability* row = find(name);
    return row != nullptr && row->state != CapabilityState::absent;
}

std::optional<ErrorDetail> Capabilities::require(std::string_view name) const {
    const Capability* row = find(name);
    if (row == nullptr) {
        return make_error(Errc::bad_input,
                          "no capability is called \"" + escape_untrusted(name, 64) + "\"");
    }
    if (row->state != CapabilityState::absent) return std::nullopt;
    return make_error(Errc::not_supported, row->name + ": absent, " + row->reason);
}

namespace core {
namespace {

/// What a backend need not say: what it has of algorithms, and what omnitls itself does not offer, or refuses, on any backend.
/// `problem`: why its library cannot be used; empty if it can.
Capabilities with_common_rows(const Capabilities& own, const AvailableAlgorithms& available,
                              const std::string& problem) {
    using enum CapabilityState;
    std::vector<Capability> rows = own.rows();
    for (Capability& row : rows) {
        const bool is_version = row.name == "tls12" || row.name == "tls13";
        if (is_version && !problem.empty()) row = {row.name, absent, problem};
    }
    const Capability common[] = {
        {"any_cipher_suite_list", native, ""},
        {"any_group_list", native, ""},
        {"any_signature_scheme_list", native, ""},
        {"tls12_client_signature_schemes", native, ""},
        {"revocation_lists", absent, "not offered by this backend"},
        {"session_store", absent, "not offered by this backend"},
        {"session_tickets", absent, "not offered by this backend"},
        {"session_ids", absent, "not offered by this backend"},
        {"sessions_with_client_auth", absent, "not offered by this backend"},
        {"ocsp_staple_send", absent, "not offered yet"},
        {"key_update_send", absent, "not offered yet"},
        {"early_data", absent, "not offered"},
        {"post_handshake_auth", absent, "not offered"},
        {"dtls", absent, "not offered"},
        {"renegotiation", absent, "refused"},
        {"compression", absent, "refused"},
    };
    const std::vector<Capability> algorithms = available.rows();
    for (const auto& more : {std::span<const Capability>(common), {algorithms}}) {
        for (const Capability& row : more)
            if (own.find(row.name) == nullptr) rows.push_back(row);
    }
    return Capabilities(std::move(rows));
}

UtcTime system_time() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// The policy of a configuration, flattened; `Config` keeps its own trust under its own name.
template <class Config>
std::shared_ptr<ShellSetup> make_setup(const Config& config, const TrustAnchors& trust) {
    auto setup = std::make_shared<ShellSetup>();
    setup->trust = trust;
    setup->intermediates = config.intermediates;
    setup->strength = config.strength;
    setup->revocation_lists = config.revocation_lists;
    if (!config.revocation_lists.empty())
        setup->revocation = {&setup->revocation_lists, config.revocation, &setup->memory.lists};
    setup->verifier = config.verifier ? config.verifier : baseline_verifier();
    setup->versions = *config.versions;
    setup->limits = config.limits;
    setup->keep_evidence = config.keep_evidence;
    setup->alpn = config.alpn;
    setup->clock = config.clock ? config.clock : system_time;
    return setup;
}

std::shared_ptr<const VerifyRequest> judge_chain(const ShellSetup& setup, Role role,
                                                 const std::vector<Bytes>& chain,
                                                 const ClientTarget* target) {
    const auto borrowed = borrow(chain);
    EvidenceInput input = evidence_input(setup, role, borrowed, target);
    if (target != nullptr) input.sni = target->sni.value_or("");
    return make_evidence(input);
}

class ShellClientContext final : public ClientContext {
public:
    ShellClientContext(ClientConfig config, EffectiveSettings effective,
                       std::shared_ptr<const ShellSetup> setup)
        : config_(std::move(config)), effective_(std::move(effective)), setup_(std::move(setup)) {}

    Result<std::unique_ptr<TlsEngine>> make_engine(const ClientTarget& target,
                                                   BlockSource& blocks) const override {
        if (auto error = check_target(target)) return *std::move(error);
        ClientTarget decided = with_sni(target);
        auto session = setup_->native->make_session(*decided.sni);
        if (!session) return std::move(session).error();
        return std::unique_ptr<TlsEngine>(
            std::make_unique<EngineShell>(setup_, *std::move(session), std::move(decided), blocks));
    }
    std::shared_ptr<const VerifyRequest> judge(std::vector<Bytes> chain, const ClientTarget& target,
                                               Role role) const override {
        const ClientTarget decided = with_sni(target);
        return judge_chain(*setup_, role, chain, &decided);
    }
    const ClientConfig& config() const noexcept override { return config_; }
    const EffectiveSettings& effective() const noexcept override { return effective_; }

private:
    ClientConfig config_;
    EffectiveSettings effective_;
    std::shared_ptr<const ShellSetup> setup_;
};

class ShellServerContext final : public ServerContext {
public:
    ShellServerContext(ServerConfig config, EffectiveSettings effective,
                       std::shared_ptr<const ShellSetup> setup)
        : config_(std::move(config)), effective_(std::move(effective)), setup_(std::move(setup)) {}

    Result<std::unique_ptr<TlsEngine>> make_engine(BlockSource& blocks) const override {
        std::unique_ptr<spi::NativeSession> session;
        if (!setup_->chooser) {
            auto made = setup_->native->make_session({});
            if (!made) return std::move(made).error();
            session = *std::move(made);
        }
        return std::unique_ptr<TlsEngine>(
            std::make_unique<EngineShell>(setup_, std::move(session), ClientTarget{}, blocks));
    }
    std::shared_ptr<const VerifyRequest> judge(std::vector<Bytes> chain) const override {
        return judge_chain(*setup_, Role::server, chain, nullptr);
    }
    const ServerConfig& config() const noexcept override { return config_; }
    const EffectiveSettings& effective() const noexcept override { return effective_; }
    const std::shared_ptr<const ShellSetup>& setup() const noexcept { return setup_; }

private:
    ServerConfig config_;
    EffectiveSettings effective_;
    std::shared_ptr<const ShellSetup> setup_;
};

class ShellBackend final : public TlsBackend {
public:
    explicit ShellBackend(std::unique_ptr<spi::NativeBackend> native)
        : native_(std::move(native)),
          available_(std::string(native_->name()) + " " + native_->version(), *native_),
          problem_(native_->problem()),
          capabilities_(with_common_rows(native_->capabilities(), available_, problem_)) {}

    std::string_view name() const noexcept override { return native_->name(); }
    std::string version() const override { return native_->version(); }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    const spi::Crypto& crypto() const noexcept override { return native_->crypto(); }

    Result<std::shared_ptr<const ClientContext>> make_client_context(
        ClientConfig config) const override {
        if (auto error = check_config(config)) return *std::move(error);
        const auto told = completed(config);
        if (!told) return told.error();
        if (config.sessions) {
            if (auto error = capabilities_.require("session_store")) return *std::move(error);
        }
        if (!problem_.empty()) return make_error(Errc::not_supported, problem_);
        auto native = native_->make_client_context(*told);
        if (!native) return std::move(native).error();
        auto effective = confirmed(config, *told, **native);
        if (!effective) return std::move(effective).error();
        config.versions = told->versions;
        auto setup = make_setup(*told, config.trust);
        complete(setup, Role::client, *std::move(native));
        if (config.sessions) {
            if (auto error = share_sessions(*setup, *told)) return *std::move(error);
        }
        return std::shared_ptr<const ClientContext>(std::make_shared<ShellClientContext>(
            std::move(config), *std::move(effective), std::move(setup)));
    }
    Result<std::shared_ptr<const ServerContext>> make_server_context(
        ServerConfig config) const override {
        if (auto error = check_config(config)) return *std::move(error);
        const auto told = completed(config);
        if (!told) return told.error();
        if (config.session_lifetime.count() > 0) {
            const char* const needed =
                spi::keeps_sessions(config) ? "sessions_with_client_auth" : "session_tickets";
            if (auto error = capabilities_.require(needed)) return *std::move(error);
        }
        if (!problem_.empty()) return make_error(Errc::not_supported, problem_);
        auto native = native_->make_server_context(*told);
        if (!native) return std::move(native).error();
        auto effective = confirmed(config, *told, **native);
        if (!effective) return std::move(effective).error();
        config.versions = told->versions;
        auto setup = make_setup(*told, config.client_trust);
        setup->client_auth = config.client_auth;
        setup->chooser = config.chooser;
        setup->own_leaf = config.identity->chain().front();
        if (spi::keeps_sessions(config)) {
            setup->session_lifetime = config.session_lifetime;
            setup->kept_sessions = std::make_shared<ServerSessions>(config.limits.kept_sessions);
        }
        complete(setup, Role::server, *std::move(native));
        return std::shared_ptr<const ServerContext>(std::make_shared<ShellServerContext>(
            std::move(config), *std::move(effective), std::move(setup)));
    }

private:
    /// `config` as a backend gets it.
    template <class Config>
    Result<Config> completed(Config config) const {
        if (!config.revocation_lists.empty()) {
            if (auto error = capabilities_.require("revocation_lists")) return *std::move(error);
        }
        auto told = choose_algorithms(algorithm_request(config), capabilities_, available_);
        if (!told) return std::move(told).error();
        config.versions = told->versions;
        config.algorithms = std::move(told->algorithms);
        return config;
    }
    template <class Config>
    Result<EffectiveSettings> confirmed(const Config& config, const Config& told,
                                        const spi::NativeContext& native) const {
        const EffectiveSettings set{*told.versions, told.algorithms};
        return confirm_algorithms(algorithm_request(config), set, native.effective_settings(set),
                                  capabilities_);
    }
    std::optional<ErrorDetail> share_sessions(ShellSetup& setup, const ClientConfig& config) const {
        auto scope = session_scope(*setup.crypto, name(), version(), config);
        if (!scope)
            return make_error(Errc::internal, "sessions: " + setup.backend_name + " did not hash");
        setup.sessions = config.sessions;
        setup.session_scope = *std::move(scope);
        return std::nullopt;
    }
    void complete(const std::shared_ptr<ShellSetup>& setup, Role role,
                  std::shared_ptr<const spi::NativeContext> native) const {
        setup->role = role;
        setup->backend_name = std::string(native_->name());
        setup->native = std::move(native);
        setup->crypto = &native_->crypto();
        setup->judge = make_judge(setup);
    }

    std::unique_ptr<spi::NativeBackend> native_;
    AvailableAlgorithms available_;
    const std::string problem_;
    Capabilities capabilities_;
};

}  // namespace

std::shared_ptr<const ShellSetup> setup_of(const ServerContext* context) noexcept {
    const auto* ours = dynamic_cast<const ShellServerContext*>(context);
    return ours != nullptr ? ours->setup() : nullptr;
}

}  // namespace core

namespace spi {

Capabilities with_native(std::vector<Capability> rows,
                         std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
        rows.push_back({std::string(name), CapabilityState::native, ""});
    return Capabilities(std::move(rows));
}

std::unique_ptr<TlsBackend> make_backend(std::unique_ptr<NativeBackend> native) {
    return std::make_unique<core::ShellBackend>(std::move(native));
}

}  // namespace spi
}  // namespace omnitls::inline v0
