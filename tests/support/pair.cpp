// SPDX-License-Identifier: BSL-1.0
#include "tests/support/pair.hpp"

#include "tests/support/certs.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace omnitls::test {

const std::vector<Chunking>& all_chunkings() {
    static const std::vector<Chunking> all{Chunking::whole, Chunking::byte, Chunking::seven,
                                           Chunking::record_split, Chunking::coalesced};
    return all;
}

const char* chunking_name(Chunking chunking) {
    switch (chunking) {
        case Chunking::whole:
            return "whole";
        case Chunking::byte:
            return "byte";
        case Chunking::seven:
            return "seven";
        case Chunking::record_split:
            return "record_split";
        case Chunking::coalesced:
            return "coalesced";
    }
    return "?";
}

std::vector<ConstBytes> cut(ConstBytes bytes, Chunking chunking) {
    std::vector<ConstBytes> pieces;
    while (!bytes.empty()) {
        std::size_t n = bytes.size();
        if (chunking == Chunking::byte) n = 1;
        if (chunking == Chunking::seven) n = std::min<std::size_t>(n, 7);
        if (chunking == Chunking::record_split && bytes.size() > 5) {
            // Inside the header, inside the body, and at the boundary.
            const std::size_t body = static_cast<std::size_t>((bytes[3] << 8U) | bytes[4]);
            const std::size_t whole = std::min(bytes.size(), 5 + body);
            pieces.push_back(bytes.first(3));
            pieces.push_back(bytes.subspan(3, 2 + (whole - 5) / 2));
            pieces.push_back(bytes.first(whole).subspan(5 + (whole - 5) / 2));
            bytes = bytes.subspan(whole);
            continue;
        }
        pieces.push_back(bytes.first(n));
        bytes = bytes.subspan(n);
    }
    return pieces;
}

void Side::note(const Step& step) {
    std::string event = std::string(state_name(engine->state()));
    if (step.error) event += " " + step.error.message();
    if (step.error && !error) error = step.error;
    if (wants.empty() || wants.back() != step.want) wants.push_back(step.want);
    if (trace.empty() || trace.back() != event) trace.push_back(std::move(event));
}

void Side::feed(ConstBytes bytes) {
    inbox.insert(inbox.end(), bytes.begin(), bytes.end());
    run();
}

void Side::run() {
    Input in{inbox, eof};
    for (bool again = true; again;) {
        again = false;
        Step step;
        if (engine->handshake_complete()) {
            std::array<std::uint8_t, 32768> buffer{};
            const MutableBytes out(buffer);
            step = engine->read(in, {&out, 1});
            received.append(as_text(ConstBytes(buffer).first(step.bytes)));
            again = step.bytes > 0;
        } else {
            step = engine->handshake(in);
            if (step.want == Want::verdict && !question) {
                if (auto asked = engine->take_question({})) {
                    ++questions;
                    if (decide) {
                        Verdict verdict = decide(asked->request());
                        std::move(*asked).answer(std::move(verdict));
                        again = true;
                    } else {
                        question = std::move(asked);
                    }
                }
            }
            if (step.want == Want::client_hello) {
                if (auto asked = engine->take_client_hello({})) {
                    engine->chooser()->choose(std::move(*asked));
                    again = true;
                }
            }
            if (step.done()) {
                again = true;
                if (!write_when_open.empty()) write(write_when_open);
            }
        }
        note(step);
    }
    inbox.assign(in.bytes.begin(), in.bytes.end());
}

Bytes Side::take() {
    Bytes out;
    while (!engine->output().empty()) {
        const ConstBytes view = engine->output();
        out.insert(out.end(), view.begin(), view.end());
        engine->consume_output(view.size());
    }
    return out;
}

Step Side::write(std::string_view text) {
    const ConstBytes span = as_bytes(text);
    return engine->write({&span, 1});
}

std::size_t exchange(Side& a, Side& b, Chunking chunking) {
    std::size_t chunks = 0;
    a.run();
    b.run();
    for (bool moved = true; moved;) {
        moved = false;
        for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
            const Bytes bytes = from->take();
            for (const ConstBytes piece : cut(bytes, chunking)) {
                to->feed(piece);
                ++chunks;
                moved = true;
            }
        }
        if (chunks > 2'000'000) throw std::runtime_error("the two ends never come to rest");
    }
    return chunks;
}

const char* capability_of(ProtocolVersion version) {
    return version == ProtocolVersion::tls13 ? "tls13" : "tls12";
}

std::string missing(const TlsBackend& backend, const std::string& capability) {
    const auto gap = backend.capabilities().require(capability);
    return gap ? std::string(backend.name()) + ": " + gap->what : "";
}

bool has_cryptography(const TlsBackend& backend) {
    const Capability* row = backend.capabilities().find("cryptography");
    return row == nullptr || row->state != CapabilityState::absent;
}

std::vector<Finding> failures_on(const TlsBackend& backend, const VerifyRequest& request) {
    std::vector<Finding> failures = request.failures();
    if (has_cryptography(backend)) return failures;
    std::erase_if(failures, [](const Finding& finding) {
        return finding.category == FindingCategory::bad_signature &&
               finding.text.starts_with("the signature cannot be checked");
    });
    return failures;
}

Verdict trusted_on(const TlsBackend& backend, const VerifyRequest& request) {
    if (has_cryptography(backend)) return Verdict::trusted();
    std::vector<Finding> unchecked = request.failures();
    const std::vector<Finding> failures = failures_on(backend, request);
    std::erase_if(unchecked, [&](const Finding& finding) {
        return std::ranges::any_of(failures,
                                   [&](const Finding& one) { return one.same_as(finding); });
    });
    return Verdict::trusted_despite(std::move(unchecked));
}

ClientConfig client_config(const PairSetup& setup) {
    ClientConfig config;
    config.trust = load_anchors("root");
    config.versions = setup.versions;
    config.alpn = setup.client_alpn;
    config.clock = test_time;
    if (!setup.client_role.empty()) config.identity = load_identity(setup.client_role);
    config.keep_evidence = true;
    if (setup.tune_client) setup.tune_client(config);
    return config;
}

ServerConfig server_config(const PairSetup& setup) {
    ServerConfig config;
    config.identity = load_identity(setup.server_role);
    config.client_auth = setup.client_auth;
    if (setup.client_auth != ClientAuth::none) config.client_trust = load_anchors("root");
    config.versions = setup.server_versions;
    config.alpn = setup.server_alpn;
    config.chooser = setup.chooser;
    config.clock = test_time;
    config.keep_evidence = true;
    if (setup.tune_server) setup.tune_server(config);
    return config;
}

Pair::Pair(const PairSetup& setup) {
    auto client_context = setup.client_backend->make_client_context(client_config(setup));
    auto server_context = setup.server_backend->make_server_context(server_config(setup));
    if (!client_context) throw std::runtime_error(client_context.error().to_string());
    if (!server_context) throw std::runtime_error(server_context.error().to_string());
    client.engine = *(*client_context)->make_engine(*ClientTarget::host(setup.host));
    server.engine = *(*server_context)->make_engine();
    for (auto [side, backend] :
         {std::pair{&client, setup.client_backend}, std::pair{&server, setup.server_backend}}) {
        side->decide = [on = backend](const VerifyRequest& request) {
            return trusted_on(*on, request);
        };
    }
}

}  // namespace omnitls::test
