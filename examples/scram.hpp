// SPDX-License-Identifier: BSL-1.0
// The client of SCRAM-SHA-256-PLUS (RFC 5802 section 3, RFC 7677, with their names): what a program does with a channel binding. The
// protocol around it has said the user's name; the password is printable ASCII, which SASLprep leaves as it is.
#pragma once

#include <omnitls/channel_binding.hpp>
#include <omnitls/spi/crypto.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace example {

class ScramClient {
public:
    /// `crypto`: `TlsBackend::crypto()`. Throws std::runtime_error, as all of it, for what cannot be used.
    ScramClient(const omnitls::spi::Crypto& crypto, std::string password,
                const omnitls::ChannelBinding& binding)
        : crypto_(crypto),
          gs2_header_("p=" + std::string(channel_binding_name(binding.type)) + ",,"),
          bound_(gs2_header_ + std::string(omnitls::as_text(binding.data))),
          password_(std::move(password)) {
        const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
        if (password_.empty() || !std::all_of(password_.begin(), password_.end(), plain))
            throw std::runtime_error("SCRAM: the password is not printable ASCII");
        std::array<std::uint8_t, 18> bytes{};
        need(crypto_.random(bytes));
        nonce_ = base64(omnitls::as_text(bytes));
        bare_ = "n=,r=" + nonce_;
    }

    /// client-first-message.
    std::string first_message() const { return gs2_header_ + bare_; }

    /// client-final-message: the proof, from the server-first-message. It costs the time that the server's iterations take.
    std::string final_message(std::string_view server_first) {
        std::string_view rest = server_first;
        const std::string nonce(take(rest, 'r'));
        if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size())
            throw std::runtime_error("SCRAM: the server answers another client");
        const std::string salt = from_base64(take(rest, 's'));
        const std::string salted_password = salted(salt, iterations_of(take(rest, 'i')));
        const std::string without_proof = "c=" + base64(bound_) + ",r=" + nonce;
        const std::string message = bare_ + "," + std::string(server_first) + "," + without_proof;
        const std::string client_key = hmac(salted_password, "Client Key");
        std::string proof = hmac(hash(client_key), message);
        exclusive_or(proof, client_key);
        verifier_ = "v=" + base64(hmac(hmac(salted_password, "Server Key"), message));
        return without_proof + ",p=" + base64(proof);
    }

    /// Whether the server knows the password too: of its server-final-message, after `final_message`.
    bool accepts(std::string_view server_final) const {
        return !verifier_.empty() && server_final == verifier_;
    }

private:
    static constexpr int most_iterations =
        1'000'000;  // A server must not keep a client busy for long.
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    static void need(bool done) {
        if (!done) throw std::runtime_error("SCRAM: the library's cryptography failed");
    }
    static omnitls::MutableBytes writable(std::string& text) {
        return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
    }
    static void exclusive_or(std::string& to, std::string_view with) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<char>(to[i] ^ with[i]);
    }

    std::string hmac(std::string_view key, std::string_view text) const {
        std::string out(32, '\0');
        need(crypto_.hmac(omnitls::spi::Hash::sha256, omnitls::as_bytes(key),
                          omnitls::as_bytes(text), writable(out)));
        return out;
    }
    std::string hash(std::string_view text) const {
        std::string out(32, '\0');
        need(crypto_.digest(omnitls::spi::Hash::sha256, omnitls::as_bytes(text), writable(out)));
        return out;
    }
    /// Hi(), which is PBKDF2 with one block.
    std::string salted(const std::string& salt, int iterations) const {
        using namespace std::string_literals;
        std::string last = hmac(password_, salt + "\0\0\0\1"s);
        std::string all = last;
        for (int i = 1; i < iterations; ++i) {
            last = hmac(password_, last);
            exclusive_or(all, last);
        }
        return all;
    }

    static std::string base64(std::string_view bytes) {
        std::string text;
        for (std::size_t i = 0; i < bytes.size(); i += 3) {
            const std::string_view some = bytes.substr(i, 3);
            std::uint32_t bits = 0;
            for (std::size_t j = 0; j < 3; ++j)
                bits = bits << 8U | (j < some.size() ? static_cast<unsigned char>(some[j]) : 0U);
            for (std::size_t j = 0; j < 4; ++j)
                text += j <= some.size() ? digits[bits >> (18 - 6 * j) & 63U] : '=';
        }
        return text;
    }
    static std::string from_base64(std::string_view text) {
        std::string bytes;
        std::uint32_t bits = 0;
        std::size_t count = 0;
        for (const char c : text.substr(0, text.find('='))) {
            bits = bits << 6U | static_cast<std::uint32_t>(digits.find(c) & 63U);
            if (++count % 4 != 1) bytes += static_cast<char>(bits >> (6 - 2 * ((count - 1) % 4)));
        }
        // There is one way to write bytes: what else it was, it was not this.
        if (bytes.empty() || base64(bytes) != text)
            throw std::runtime_error("SCRAM: the server's salt is no base64");
        return bytes;
    }

    /// Takes the attribute `name` off the beginning of `message`.
    static std::string_view take(std::string_view& message, char name) {
        if (message.size() < 2 || message[0] != name || message[1] != '=')
            throw std::runtime_error(std::string("SCRAM: the server does not say ") + name + "=");
        const std::size_t end = std::min(message.find(','), message.size());
        const std::string_view value = message.substr(2, end - 2);
        message.remove_prefix(std::min(end + 1, message.size()));
        return value;
    }
    static int iterations_of(std::string_view text) {
        int value = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (problem != std::errc() || end != text.data() + text.size() || value < 1 ||
            value > most_iterations)
            throw std::runtime_error("SCRAM: the server's number of iterations");
        return value;
    }

    const omnitls::spi::Crypto& crypto_;
    std::string gs2_header_;
    std::string bound_;  ///< The header and the binding.
    std::string password_;
    std::string nonce_;
    std::string bare_;      ///< client-first-message-bare.
    std::string verifier_;  ///< What the server-final-message has to be.
};

}  // namespace example
