// SPDX-License-Identifier: BSL-1.0
// RFC 5802 section 3, in its order and with its names.
#include "tests/support/openssl_scram.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace omnitls::test {
namespace {

constexpr std::size_t hash_size = 32;
constexpr int most_iterations = 1'000'000;  // A server must not keep a client busy for long.

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string to_base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    EVP_EncodeBlock(octets(text), octets(bytes), static_cast<int>(bytes.size()));
    text.pop_back();
    return text;
}

std::string from_base64(std::string_view text) {
    std::string bytes(3 * (text.size() / 4) + 1, '\0');
    const int size = EVP_DecodeBlock(octets(bytes), octets(text), static_cast<int>(text.size()));
    if (size < 0) throw std::runtime_error("SCRAM: the server's salt is no base64");
    bytes.resize(static_cast<std::size_t>(size));
    // The library counts what was padded as zeros.
    for (std::size_t end = text.size(); end > 0 && text[end - 1] == '='; --end) bytes.pop_back();
    return bytes;
}

std::string hmac(std::string_view key, std::string_view text) {
    std::string out(hash_size, '\0');
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(),
             octets(out), nullptr) == nullptr)
        throw std::runtime_error("SCRAM: HMAC");
    return out;
}

std::string hash(std::string_view text) {
    std::string out(hash_size, '\0');
    if (EVP_Digest(text.data(), text.size(), octets(out), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SCRAM: SHA-256");
    return out;
}

/// Hi(), which is PBKDF2.
std::string salted(std::string_view password, std::string_view salt, int iterations) {
    std::string out(hash_size, '\0');
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                          static_cast<int>(salt.size()), iterations, EVP_sha256(),
                          static_cast<int>(hash_size), octets(out)) != 1)
        throw std::runtime_error("SCRAM: PBKDF2");
    return out;
}

std::string random_nonce() {
    std::string bytes(18, '\0');
    if (RAND_bytes(octets(bytes), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("SCRAM: no random bytes");
    return to_base64(bytes);
}

/// Takes the attribute `name` off the beginning of `message`.
std::string_view take(std::string_view& message, char name) {
    if (message.size() < 2 || message[0] != name || message[1] != '=')
        throw std::runtime_error(std::string("SCRAM: the server does not say ") + name + "=");
    const std::size_t end = std::min(message.find(','), message.size());
    const std::string_view value = message.substr(2, end - 2);
    message.remove_prefix(std::min(end + 1, message.size()));
    return value;
}

int iterations_of(std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size() || value < 1 ||
        value > most_iterations)
        throw std::runtime_error("SCRAM: the server's number of iterations");
    return value;
}

}  // namespace

ScramClient::ScramClient(std::string_view user, std::string password, const ChannelBinding& binding)
    : gs2_header_("p=" + std::string(channel_binding_name(binding.type)) + ",,"),
      bound_(gs2_header_ + std::string(as_text(binding.data))),
      password_(std::move(password)),
      nonce_(random_nonce()),
      bare_("n=" + std::string(user) + ",r=" + nonce_) {}

std::string ScramClient::final_message(std::string_view server_first) {
    std::string_view rest = server_first;
    const std::string nonce(take(rest, 'r'));
    if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size())
        throw std::runtime_error("SCRAM: the server answers another client");
    const std::string salt = from_base64(take(rest, 's'));
    const std::string salted_password = salted(password_, salt, iterations_of(take(rest, 'i')));

    const std::string without_proof = "c=" + to_base64(bound_) + ",r=" + nonce;
    const std::string auth_message = bare_ + "," + std::string(server_first) + "," + without_proof;
    const std::string client_key = hmac(salted_password, "Client Key");
    std::string proof = hmac(hash(client_key), auth_message);
    for (std::size_t i = 0; i < proof.size(); ++i)
        proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
    verifier_ = "v=" + to_base64(hmac(hmac(salted_password, "Server Key"), auth_message));
    return without_proof + ",p=" + to_base64(proof);
}

bool ScramClient::accepts(std::string_view server_final) const {
    return !verifier_.empty() && server_final.size() == verifier_.size() &&
           CRYPTO_memcmp(server_final.data(), verifier_.data(), verifier_.size()) == 0;
}

}  // namespace omnitls::test
