// SPDX-License-Identifier: BSL-1.0
#include "core/trust_anchors.hpp"

#include "core/pem.hpp"
#include "core/pem_certificates.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <utility>

namespace omnitls::inline v0 {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} * 1024 * 1024;

/// Without the second and later copies of a certificate; the order stays.
std::vector<Certificate> without_duplicates(std::vector<Certificate> certificates) {
    std::set<std::string_view> seen;
    std::vector<Certificate> unique;
    for (Certificate& certificate : certificates) {
        // The bytes are shared by all copies of the handle, so the view stays valid.
        if (seen.insert(as_text(certificate.der())).second)
            unique.push_back(std::move(certificate));
    }
    return unique;
}

/// What stands in a directory to be read, by name; at least one file.
Result<std::vector<std::string>> files_of(const std::string& directory) {
    constexpr std::size_t kMost = 10'000;
    std::error_code failed;
    std::vector<std::string> files;
    for (std::filesystem::directory_iterator entry(directory, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::error_code ignored;
        if (entry->path().filename().string().starts_with('.') || entry->is_directory(ignored))
            continue;
        if (files.size() == kMost) {
            return make_error(Errc::bad_input, escape_untrusted(directory) + ": more than " +
                                                   std::to_string(kMost) + " files");
        }
        files.push_back(entry->path().string());
    }
    if (failed) {
        return make_error(Errc::bad_input,
                          escape_untrusted(directory) + ": cannot be read: " + failed.message());
    }
    if (files.empty())
        return make_error(Errc::bad_input, escape_untrusted(directory) + ": no file is in it");
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

namespace core {

Result<TrustAnchors> anchors_from_first(std::span<const std::string> paths) {
    std::string tried;
    for (const std::string& path : paths) {
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored)) {
            tried += (tried.empty() ? "" : ", ") + path;
            continue;
        }
        auto text = read_file(path, kMaxFile);
        if (!text) return std::move(text).error();
        auto certificates = certificates_from_pem(*text, path, Unreadable::skip);
        if (!certificates) return std::move(certificates).error();
        return TrustAnchors::of(std::move(certificates).value());
    }
    return make_error(Errc::bad_input, "no system trust store: none of " + tried + " exists",
                      "install the package ca-certificates, or name a file of authorities");
}

}  // namespace core

Result<TrustAnchors> TrustAnchors::from_pem(std::string_view pem, const std::string& source) {
    auto certificates = core::certificates_from_pem(pem, source, core::Unreadable::fail);
    if (!certificates) return std::move(certificates).error();
    return of(std::move(certificates).value());
}

Result<TrustAnchors> TrustAnchors::from_der(ConstBytes der, const std::string& source) {
    auto certificate = Certificate::parse(der);
    if (!certificate) return make_error(Errc::bad_input, source + ": " + certificate.error().what);
    return of({*std::move(certificate)});
}

Result<TrustAnchors> TrustAnchors::from_file(const std::string& path) {
    auto text = core::read_file(path, kMaxFile);
    if (!text) return std::move(text).error();
    // A SEQUENCE: DER begins so, and PEM never does.
    if (text->starts_with('\x30')) return from_der(as_bytes(*text), path);
    return from_pem(*text, path);
}

Result<TrustAnchors> TrustAnchors::from_directory(const std::string& path) {
    const auto files = files_of(path);
    if (!files) return files.error();
    std::vector<Certificate> certificates;
    for (const std::string& file : *files) {
        auto anchors = from_file(file);
        if (!anchors) return std::move(anchors).error();
        const auto& more = anchors->certificates();
        certificates.insert(certificates.end(), more.begin(), more.end());
    }
    return of(std::move(certificates));
}

Result<TrustAnchors> TrustAnchors::system() {
    // Debian and its family; Fedora; SUSE; Alpine and the BSDs.
    static const std::array<std::string, 4> kStores{"/etc/ssl/certs/ca-certificates.crt",
                                                    "/etc/pki/tls/certs/ca-bundle.crt",
                                                    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
    return core::anchors_from_first(kStores);
}

TrustAnchors TrustAnchors::of(std::vector<Certificate> certificates) {
    TrustAnchors anchors;
    anchors.certificates_ = std::make_shared<const std::vector<Certificate>>(
        without_duplicates(std::move(certificates)));
    return anchors;
}

const std::vector<Certificate>& TrustAnchors::certificates() const& noexcept {
    static const std::vector<Certificate> kNone;
    return certificates_ ? *certificates_ : kNone;
}
// The vector may be somebody else's as well, so it is copied and not moved.
std::vector<Certificate> TrustAnchors::certificates() && {
    return std::as_const(*this).certificates();
}

}  // namespace omnitls::inline v0
