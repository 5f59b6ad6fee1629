// SPDX-License-Identifier: BSL-1.0
#include "tests/support/raw_peer.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>

#include <dlfcn.h>

// SSL_SESSION_get_time and _set_time, which have other names from OpenSSL 3.4 on.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

// Counts the uses of private keys by libssl in this process: the program's own definition comes before the library's. Only
// TLS signs with it; GnuTLS peers and certificate checks do not come by here.
static std::atomic<int> signature_count{0};
extern "C" __attribute__((visibility("default"))) int EVP_DigestSign(EVP_MD_CTX* ctx,
                                                                     unsigned char* out,
                                                                     size_t* size,
                                                                     const unsigned char* data,
                                                                     size_t data_size) {
    using Function = int (*)(EVP_MD_CTX*, unsigned char*, size_t*, const unsigned char*, size_t);
    static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "EVP_DigestSign"));
    if (out != nullptr) signature_count.fetch_add(1);
    return real(ctx, out, size, data, data_size);
}

namespace omnitls::test {
namespace {

struct Free {
    void operator()(SSL* p) const { SSL_free(p); }
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(SSL_SESSION* p) const { SSL_SESSION_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> memory(const std::string& text) {
    return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

class RawOpenSsl final : public RawPeer {
public:
    explicit RawOpenSsl(const RawPeerSetup& setup) {
        ctx_.reset(SSL_CTX_new(TLS_method()));
        const int version = static_cast<int>(setup.version);
        SSL_CTX_set_min_proto_version(ctx_.get(), version);
        SSL_CTX_set_max_proto_version(ctx_.get(), version);
        SSL_CTX_set_security_level(ctx_.get(), 0);
        SSL_CTX_set_max_cert_list(ctx_.get(), 1 << 20);
        if (setup.cipher == "aes128")
            SSL_CTX_set_ciphersuites(ctx_.get(), "TLS_AES_128_GCM_SHA256");
        if (setup.cipher == "chacha20")
            SSL_CTX_set_ciphersuites(ctx_.get(), "TLS_CHACHA20_POLY1305_SHA256");
        if (!setup.certificate.empty()) load(setup);
        if (!setup.chain.empty()) load_exactly(setup);
        const bool asks = setup.role == Role::client || !setup.request_client_ca.empty();
        SSL_CTX_set_verify(ctx_.get(), asks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
        SSL_CTX_set_cert_verify_callback(
            ctx_.get(), [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
        if (!setup.request_client_ca.empty()) {
            const auto bio = memory(setup.request_client_ca);
            const Owned<X509> ca(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
            SSL_CTX_add_client_CA(ctx_.get(), ca.get());
        }
        SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_OFF);
        if (!setup.finite_field.empty()) use_finite_field(setup.finite_field);
        staple_ = setup.staple;
        if (!setup.alpn.empty()) use_alpn(setup.alpn);
        // SSL_CTX_set_tlsext_status_cb is a macro with a cast of another style.
        if (!staple_.empty())
            SSL_CTX_callback_ctrl(ctx_.get(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                                  reinterpret_cast<void (*)()>(on_status_asked_for));
        ssl_.reset(SSL_new(ctx_.get()));
        SSL_set_app_data(ssl_.get(), this);
        SSL_set_info_callback(ssl_.get(), on_info);
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in_, -1);
        SSL_set_bio(ssl_.get(), in_, out_);
        if (setup.role == Role::server) {
            SSL_set_accept_state(ssl_.get());
        } else {
            SSL_set_connect_state(ssl_.get());
            offer(setup);
        }
    }

    void step() override {
        BIO_write(in_, input.data(), static_cast<int>(input.size()));
        input.clear();
        if (eof) BIO_set_mem_eof_return(in_, 0);
        ERR_clear_error();
        if (!done()) note(SSL_do_handshake(ssl_.get()));
        if (done()) {
            std::array<char, 20000> buffer{};
            for (;;) {
                ERR_clear_error();
                const int n = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
                if (n <= 0) {
                    note(n);
                    break;
                }
                received.append(buffer.data(), static_cast<std::size_t>(n));
            }
        }
        collect();
    }
    bool done() const override { return SSL_is_init_finished(ssl_.get()) == 1; }
    bool failed() const override { return failed_; }
    bool write(const std::string& text) override {
        ERR_clear_error();
        const bool ok = SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) ==
                        static_cast<int>(text.size());
        collect();
        return ok;
    }
    bool close_notify() override {
        ERR_clear_error();
        const bool ok = SSL_shutdown(ssl_.get()) >= 0;
        collect();
        return ok;
    }
    bool update_keys() override {
        ERR_clear_error();
        const bool ok = SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
                        SSL_do_handshake(ssl_.get()) == 1;
        collect();
        return ok;
    }

    /// A ticket that came last is OpenSSL's session from then on.
    Bytes session() override {
        const Owned<SSL_SESSION> session(SSL_get1_session(ssl_.get()));
        if (!session || SSL_SESSION_is_resumable(session.get()) != 1) return {};
        Bytes bytes(static_cast<std::size_t>(i2d_SSL_SESSION(session.get(), nullptr)));
        unsigned char* out = bytes.data();
        i2d_SSL_SESSION(session.get(), &out);
        return bytes;
    }

    std::vector<std::uint16_t> requested_schemes() override {
        std::vector<std::uint16_t> schemes;
        unsigned char low = 0;
        unsigned char high = 0;
        for (int i = 0; SSL_get_sigalgs(ssl_.get(), i, nullptr, nullptr, nullptr, &low, &high) > 0;
             ++i)
            schemes.push_back(static_cast<std::uint16_t>((high << 8U) | low));
        return schemes;
    }

private:
    void use_finite_field(std::string name) {
        std::array<OSSL_PARAM, 2> parameters{
            OSSL_PARAM_construct_utf8_string("group", name.data(), name.size()),
            OSSL_PARAM_construct_end()};
        EVP_PKEY_CTX* const maker = EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr);
        EVP_PKEY* group = nullptr;
        if (EVP_PKEY_paramgen_init(maker) != 1 ||
            EVP_PKEY_CTX_set_params(maker, parameters.data()) != 1 ||
            EVP_PKEY_paramgen(maker, &group) != 1 ||
            SSL_CTX_set0_tmp_dh_pkey(ctx_.get(), group) != 1 ||
            SSL_CTX_set_cipher_list(ctx_.get(), "DHE-RSA-AES128-GCM-SHA256") != 1)
            throw std::runtime_error("raw openssl peer: cannot use the finite field");
        EVP_PKEY_CTX_free(maker);
    }
    void offer(const RawPeerSetup& setup) {
        if (!setup.extended_master_secret)
            SSL_set_options(ssl_.get(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
        // SSL_set_tlsext_host_name is a macro with a cast of another style.
        if (!setup.server_name.empty())
            SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(setup.server_name.c_str()));
        if (setup.offer_session.empty()) return;
        const unsigned char* position = setup.offer_session.data();
        const Owned<SSL_SESSION> session(
            d2i_SSL_SESSION(nullptr, &position, static_cast<long>(setup.offer_session.size())));
        if (session && setup.session_age != 0)
            SSL_SESSION_set_time(session.get(),
                                 SSL_SESSION_get_time(session.get()) - setup.session_age);
        if (!session || SSL_set_session(ssl_.get(), session.get()) != 1)
            throw std::runtime_error("raw openssl peer: cannot offer the session");
    }
    void load(const RawPeerSetup& setup) {
        const auto chain = memory(setup.certificate);
        const auto key_bio = memory(setup.key);
        const Owned<X509> leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
        Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
        if (!leaf || !key) throw std::runtime_error("raw openssl peer: bad certificate or key");
        // OpenSSL checks the pair when it is set; GnuTLS plays the peer with the wrong key.
        if (setup.wrong_key_unchecked)
            throw std::runtime_error("raw openssl peer: cannot use a wrong key");
        SSL_CTX_use_certificate(ctx_.get(), leaf.get());
        SSL_CTX_use_PrivateKey(ctx_.get(), key.get());
        while (X509* extra = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
            SSL_CTX_add0_chain_cert(ctx_.get(), extra);
        }
        ERR_clear_error();
    }
    /// Throws for what OpenSSL would not show as it is.
    void load_exactly(const RawPeerSetup& setup) {
        const auto key_bio = memory(setup.key);
        const Owned<EVP_PKEY> key(
            PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
        SSL_CTX_set_mode(ctx_.get(), SSL_MODE_NO_AUTO_CHAIN);
        for (std::size_t i = 0; i < setup.chain.size(); ++i) {
            const Bytes& der = setup.chain[i];
            const unsigned char* position = der.data();
            Owned<X509> one(d2i_X509(nullptr, &position, static_cast<long>(der.size())));
            unsigned char* written = nullptr;
            const int size = one ? i2d_X509(one.get(), &written) : -1;
            const bool same = size >= 0 && std::equal(der.begin(), der.end(), written,
                                                      written + static_cast<std::size_t>(size));
            OPENSSL_free(written);
            const bool taken =
                same && (i == 0 ? SSL_CTX_use_certificate(ctx_.get(), one.get()) == 1
                                : SSL_CTX_add1_chain_cert(ctx_.get(), one.get()) == 1);
            if (!taken)
                throw CannotShow("raw openssl peer: cannot show certificate " +
                                 std::to_string(i + 1));
        }
        if (!key || SSL_CTX_use_PrivateKey(ctx_.get(), key.get()) != 1)
            throw std::runtime_error("raw openssl peer: cannot use the key");
        ERR_clear_error();
    }
    void note(int result) {
        if (result > 0) return;
        const int why = SSL_get_error(ssl_.get(), result);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN) return;
        failed_ = true;
        const char* text = ERR_reason_error_string(ERR_peek_error());
        error = text != nullptr ? text : "?";
    }
    void collect() {
        std::array<std::uint8_t, 4096> buffer{};
        int n = 0;
        while ((n = BIO_read(out_, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
            output.insert(output.end(), buffer.begin(), buffer.begin() + n);
        }
    }
    static void on_info(const SSL* ssl, int where, int value) {
        if (where == SSL_CB_READ_ALERT && (value & 0xff) != 0) {
            static_cast<RawOpenSsl*>(SSL_get_app_data(ssl))->alert = value & 0xff;
        }
    }

    void use_alpn(const std::string& protocol) {
        alpn_ = static_cast<char>(protocol.size()) + protocol;
        const auto* wire = reinterpret_cast<const unsigned char*>(alpn_.data());
        SSL_CTX_set_alpn_protos(ctx_.get(), wire, static_cast<unsigned>(alpn_.size()));
        SSL_CTX_set_alpn_select_cb(ctx_.get(), on_alpn, &alpn_);
    }
    static int on_alpn(SSL*, const unsigned char** out, unsigned char* size,
                       const unsigned char* offered, unsigned offered_size, void* wanted) {
        const auto& alpn = *static_cast<const std::string*>(wanted);
        unsigned char* chosen = nullptr;
        const int result = SSL_select_next_proto(
            &chosen, size, reinterpret_cast<const unsigned char*>(alpn.data()),
            static_cast<unsigned>(alpn.size()), offered, offered_size);
        *out = chosen;
        return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
    }
    static int on_status_asked_for(SSL* ssl, void*) {
        const Bytes& staple = static_cast<RawOpenSsl*>(SSL_get_app_data(ssl))->staple_;
        auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(staple.data(), staple.size()));
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple.size()));
        return SSL_TLSEXT_ERR_OK;
    }

    Bytes staple_;
    std::string alpn_;  // as on the wire
    Owned<SSL_CTX> ctx_;
    Owned<SSL> ssl_;
    BIO* in_ = nullptr;   // owned by ssl_
    BIO* out_ = nullptr;  // owned by ssl_
    bool failed_ = false;
};

}  // namespace

int signatures_made() noexcept { return signature_count.load() + other_signatures_made(); }

std::unique_ptr<RawPeer> make_raw_openssl(const RawPeerSetup& setup) {
    return std::make_unique<RawOpenSsl>(setup);
}

}  // namespace omnitls::test
