// SPDX-License-Identifier: BSL-1.0
// Two engines joined in memory: every chunking, verdicts given or withheld, and a record of what happened.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/engine.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace omnitls::test {

/// How ciphertext is cut on its way.
enum class Chunking { whole, byte, seven, record_split, coalesced };
const std::vector<Chunking>& all_chunkings();
const char* chunking_name(Chunking chunking);
/// `bytes` in the pieces of `chunking`.
std::vector<ConstBytes> cut(ConstBytes bytes, Chunking chunking);

/// One end: an engine, what it has been sent and not consumed, what it has delivered.
struct Side {
    std::unique_ptr<TlsEngine> engine;
    /// Answers questions at once; null leaves them with `question`.
    std::function<Verdict(const VerifyRequest&)> decide = [](const VerifyRequest&) {
        return Verdict::trusted();
    };
    std::string write_when_open;  ///< Written as soon as the handshake is done.

    Bytes inbox;  ///< Not consumed yet.
    bool eof = false;
    std::string received;              ///< Plaintext delivered.
    std::error_code error;             ///< First error of any step; Errc::closed is one.
    std::optional<Question> question;  ///< Taken and not answered.
    int questions = 0;
    std::vector<std::string> trace;  ///< States and errors, each when it changed.
    std::vector<Want> wants;         ///< Each when it changed.

    /// Gives the engine `bytes` and runs it as far as it goes.
    void feed(ConstBytes bytes);
    void run();
    /// Takes all output.
    Bytes take();
    Step write(std::string_view text);

private:
    void note(const Step& step);
};

/// Moves ciphertext between the two until neither has any more. Returns the number of chunks moved.
std::size_t exchange(Side& a, Side& b, Chunking chunking);

/// Certificates of tests/data by role name, and everything the ends are configured with.
struct PairSetup {
    const TlsBackend* client_backend = nullptr;
    const TlsBackend* server_backend = nullptr;
    std::optional<VersionRange> versions;
    std::string server_role = "leaf";
    std::string client_role;  ///< Empty: the client has no certificate.
    ClientAuth client_auth = ClientAuth::none;
    std::string host = "omnitls.test";
    std::vector<std::string> client_alpn;
    std::vector<std::string> server_alpn;
    std::optional<VersionRange> server_versions;
    std::shared_ptr<ServerChooser> chooser;
    /// The last word on the configurations.
    std::function<void(ClientConfig&)> tune_client;
    std::function<void(ServerConfig&)> tune_server;
};

/// Chains are judged by `trusted_on` unless a test changes that.
struct Pair {
    Side client;
    Side server;
    explicit Pair(const PairSetup& setup);
};

/// Why `backend` cannot do something, for a visible skip: its name, the capability and its reason. Empty if it can.
std::string missing(const TlsBackend& backend, const std::string& capability);
const char* capability_of(ProtocolVersion version);

/// False for a backend that says "cryptography: absent", a toy: it cannot check the signatures of certificates.
bool has_cryptography(const TlsBackend& backend);
/// What is wrong with the chain; of a backend without cryptography, but for the signatures it could not check.
std::vector<Finding> failures_on(const TlsBackend& backend, const VerifyRequest& request);
/// Accepts a chain without such failures, and names what is let pass.
Verdict trusted_on(const TlsBackend& backend, const VerifyRequest& request);

ClientConfig client_config(const PairSetup& setup);
ServerConfig server_config(const PairSetup& setup);

}  // namespace omnitls::test
