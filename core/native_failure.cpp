// SPDX-License-Identifier: BSL-1.0
#include <omnitls/result.hpp>
#include <omnitls/spi/failure.hpp>

namespace omnitls::inline v0::spi {
namespace {

ErrorDetail with_words(const Library& library, Errc cause, const std::string& sentence,
                       const NativeError& error, std::string hint) {
    ErrorDetail detail = make_error(cause, sentence + " (" + error.text + ")", std::move(hint));
    detail.backend = std::string(library.backend);
    detail.backend_code = error.code;
    detail.backend_text = error.text;
    return detail;
}

}  // namespace

ErrorDetail native_failure(const Library& library, Errc cause, const std::string& what,
                           const NativeError& error, std::string hint) {
    return with_words(library, cause, std::string(library.name) + " " + what, error,
                      std::move(hint));
}

ErrorDetail identity_failure(const Library& library, IdentityProblem problem,
                             const Identity& identity, const NativeError& error,
                             const Certificate* certificate) {
    const bool encrypted = identity.key_format() == Identity::KeyFormat::pkcs8_encrypted;
    std::string what(library.name);
    std::string hint;
    switch (problem) {
        case IdentityProblem::certificate:
            what += " cannot read the certificate " +
                    (certificate != nullptr ? certificate->describe() + " " : std::string()) +
                    "in " + escape_untrusted(identity.certificate_source());
            break;
        case IdentityProblem::key:
            what += " cannot read the private key in " + escape_untrusted(identity.key_source());
            if (encrypted) hint = "check the password of the key";
            break;
        case IdentityProblem::pair:
            what = "the certificate and the private key in " + identity.sources() +
                   " do not belong together";
            break;
        case IdentityProblem::refused:
            what += " refuses the certificate or the key in " + identity.sources();
            break;
    }
    return with_words(library, Errc::bad_config, what, error, std::move(hint));
}

}  // namespace omnitls::inline v0::spi
