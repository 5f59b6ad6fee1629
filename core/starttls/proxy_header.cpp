// SPDX-License-Identifier: BSL-1.0
// The PROXY protocol as a dialogue of one turn: the first byte tells the version, and the header says itself where it ends.
#include "core/starttls/dialogue_base.hpp"
#include "core/starttls/proxy_wire.hpp"

#include <utility>

namespace omnitls::inline v0::core {
namespace {

class ProxyDialogue : public DialogueBase {
public:
    ProxyDialogue() : DialogueBase(starttls::Offer::required) {}
    std::string_view protocol() const noexcept final { return "proxy"; }
    std::string_view step_name() const noexcept final { return "header"; }

private:
    std::string_view expected() const final { return "a PROXY header"; }
};

class ProxyServer final : public ProxyDialogue {
public:
    explicit ProxyServer(std::shared_ptr<starttls::ProxyHeader> into) : into_(std::move(into)) {}
    bool tls_may_follow() const noexcept override { return true; }

private:
    std::string_view peer() const noexcept override { return "proxy"; }

    void feed(std::uint8_t byte) override {
        header_ += static_cast<char>(byte);
        const std::size_t size = header_.size();
        if (proxy_v1_signature.substr(0, size) == header_.substr(0, proxy_v1_signature.size()))
            return on_v1();
        if (proxy_v2_signature.substr(0, size) == header_.substr(0, proxy_v2_signature.size()))
            return on_v2();
        nonsense(in_quotes(header_));
    }

    void on_v1() {
        if (header_.ends_with('\n')) {
            const bool ended = header_.ends_with("\r\n");
            auto read = read_proxy_v1(
                std::string_view(header_).substr(0, header_.size() - (ended ? 2 : 1)));
            return ended && read ? done(*std::move(read)) : nonsense(in_quotes(header_));
        }
        if (header_.size() >= proxy_v1_limit)
            fail(Errc::limit_exceeded, "proxy sent a header of more than 107 bytes", header_);
    }

    void on_v2() {
        if (header_.size() < proxy_v2_start) return;
        const auto low = static_cast<std::uint8_t>(header_[proxy_v2_start - 1]);
        const auto high = static_cast<std::uint8_t>(header_[proxy_v2_start - 2]);
        const std::size_t size = proxy_v2_start + (std::size_t{high} << 8U) + low;
        if (size > proxy_v2_limit)
            return fail(Errc::limit_exceeded, "proxy sent a header of more than 4096 bytes");
        if (header_.size() < size) return;
        std::string wrong;
        auto read = read_proxy_v2(header_, wrong);
        return read ? done(*std::move(read)) : nonsense(wrong);
    }

    void done(starttls::ProxyHeader header) {
        *into_ = std::move(header);
        finish(true);
    }
    void nonsense(const std::string& what) {
        fail(Errc::starttls_protocol, "proxy sent " + what, {},
             "does the proxy speak the PROXY protocol to this port, and nobody else?");
    }

    const std::shared_ptr<starttls::ProxyHeader> into_;
    std::string header_;
};

class ProxyClient final : public ProxyDialogue {
public:
    explicit ProxyClient(std::string_view header) {
        send(header);
        finish(true);
    }

private:
    void feed(std::uint8_t /*byte*/) override {}  // It has ended.
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

std::unique_ptr<Dialogue> proxy_header_server(std::shared_ptr<ProxyHeader> into) {
    return std::make_unique<core::ProxyServer>(std::move(into));
}

Result<std::unique_ptr<Dialogue>> proxy_header_client(const ProxyHeader& header,
                                                      ProxyVersion version) {
    auto text = core::write_proxy(header, version);
    if (!text) return std::move(text).error();
    return std::unique_ptr<Dialogue>(std::make_unique<core::ProxyClient>(*text));
}

}  // namespace omnitls::inline v0::starttls
