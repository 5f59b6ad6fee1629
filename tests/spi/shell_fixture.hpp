// SPDX-License-Identifier: BSL-1.0
// What the tests of the shell share: an engine over a fake session, fed with toy records.
#pragma once

#include "tests/support/certs.hpp"
#include "tests/support/fake_session.hpp"
#include "tests/support/toy_records.hpp"
#include <omnitls/backend.hpp>
#include <omnitls/engine.hpp>

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {

/// Takes everything the engine wants to send.
inline Bytes drain(TlsEngine& engine) {
    Bytes out;
    while (!engine.output().empty()) {
        const ConstBytes view = engine.output();
        out.insert(out.end(), view.begin(), view.end());
        engine.consume_output(view.size());
    }
    return out;
}

class ShellTest : public ::testing::Test {
protected:
    std::unique_ptr<TlsEngine> client(ClientConfig config = {}) {
        script->chain = load_chain("leaf");
        config.trust = load_anchors("root");
        config.clock = test_time;
        config.keep_evidence = true;
        auto context = backend->make_client_context(std::move(config));
        return *(*context)->make_engine(*ClientTarget::host("omnitls.test"));
    }
    std::unique_ptr<TlsEngine> server(ClientAuth auth, ServerConfig config = {}) {
        script->chain = load_chain("client");
        config.identity = load_identity("leaf");
        config.client_auth = auth;
        if (auth != ClientAuth::none) config.client_trust = load_anchors("root");
        config.clock = test_time;
        config.keep_evidence = true;
        auto context = backend->make_server_context(std::move(config));
        return *(*context)->make_engine();
    }
    /// Feeds all of `bytes` to handshake(); returns the last step.
    static Step feed(TlsEngine& engine, const Bytes& bytes, bool eof = false) {
        Input in{bytes, eof};
        return engine.handshake(in);
    }
    /// A client engine that is open, its output taken.
    std::unique_ptr<TlsEngine> open_client(ClientConfig config = {}) {
        auto engine = client(std::move(config));
        feed(*engine, toy_handshake("HCPF"));
        answer(*engine, Verdict::trusted());
        EXPECT_TRUE(feed(*engine, {}).done());
        drain(*engine);
        return engine;
    }
    static void answer(TlsEngine& engine, Verdict verdict) {
        auto question = engine.take_question({});
        ASSERT_TRUE(question.has_value());
        std::move(*question).answer(std::move(verdict));
    }
    /// One read of at most 64 bytes: the text, the want, or the error's name.
    static std::string read_text(TlsEngine& engine, Input& in) {
        Bytes buffer(64);
        const MutableBytes span(buffer);
        const Step step = engine.read(in, {&span, 1});
        if (step.error) return step.error.message();
        if (step.want == Want::input) return "<input>";
        return std::string(as_text(ConstBytes(buffer).first(step.bytes)));
    }
    static Step write(TlsEngine& engine, std::string_view text) {
        const ConstBytes span = as_bytes(text);
        return engine.write({&span, 1});
    }

    std::shared_ptr<FakeScript> script = std::make_shared<FakeScript>();
    std::unique_ptr<TlsBackend> backend = make_fake_backend(script);
};

}  // namespace omnitls::test
