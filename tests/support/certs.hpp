// SPDX-License-Identifier: BSL-1.0
// Certificates and keys of tests/data by role name ("leaf_expired"); tests/data/README.md lists the roles.
// Every function throws std::runtime_error with the reason when a file cannot be used: a test must not go on without it.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/identity.hpp>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::test {

/// The time tests judge at: 2030-01-01T00:00:00Z.
inline UtcTime test_time() {
    using namespace std::chrono;
    return sys_days{year{2030} / January / 1};
}

/// Password of `leaf_encrypted.key`.
inline constexpr const char* encrypted_key_password = "correct horse";

/// Absolute path of tests/data.
extern const char* const data_directory;

/// The file's path, for functions that read files themselves.
inline std::string data_path(const std::string& name) {
    return std::string{data_directory} + "/" + name;
}

/// The whole file, e.g. read_data("leaf_chain.pem").
inline std::string read_data(const std::string& name) {
    std::ifstream file{data_path(name), std::ios::binary};
    if (!file) throw std::runtime_error{"cannot open " + data_path(name)};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

/// The value, or an exception with the error's text.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().what};
    return std::move(result).value();
}

/// The certificates of a PEM file, in its order.
inline std::vector<Certificate> load_certificates(const std::string& file) {
    return must(TrustAnchors::from_pem(read_data(file), file)).certificates();
}

/// The role's own certificate.
inline Certificate load_certificate(const std::string& role) {
    return load_certificates(role + ".pem").front();
}

/// DER, leaf first, then intermediates, without the root: as a peer sends it.
inline std::vector<Bytes> load_chain(const std::string& role) {
    std::vector<Bytes> chain;
    for (const Certificate& certificate : load_certificates(role + "_chain.pem")) {
        chain.push_back(certificate.der());
    }
    return chain;
}

/// The role's chain with the key of `key_role`: another one than the role's makes "right certificate, wrong key".
inline Identity load_identity(const std::string& role, const std::string& key_role) {
    return must(Identity::from_pem(read_data(role + "_chain.pem"), read_data(key_role + ".key"), {},
                                   role + "_chain.pem", key_role + ".key"));
}

/// The role's chain and its key.
inline Identity load_identity(const std::string& role) { return load_identity(role, role); }

/// The role's certificate as the only trust anchor, e.g. load_anchors("root").
inline TrustAnchors load_anchors(const std::string& role) {
    return TrustAnchors::of({load_certificate(role)});
}

}  // namespace omnitls::test
