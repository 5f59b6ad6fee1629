// SPDX-License-Identifier: BSL-1.0
// Counts the uses of ECDSA and RSA PKCS#1 keys by mbedTLS in this process: the program's own definition comes before the
// library's, and every way of signing ends in this function. Without the library's header, since the last parameter is only there in 3.x: it is handed on unseen.
#include "tests/support/raw_peer.hpp"

#include <atomic>
#include <cstdint>

#include <dlfcn.h>

static std::atomic<int> signature_count{0};
extern "C" __attribute__((visibility("default"))) int mbedtls_pk_sign_restartable(
    void* key, int digest, const void* hash, std::size_t size, void* signature, std::uintptr_t a,
    std::uintptr_t b, std::uintptr_t c, std::uintptr_t d, std::uintptr_t e) {
    using Function = int (*)(void*, int, const void*, std::size_t, void*, std::uintptr_t,
                             std::uintptr_t, std::uintptr_t, std::uintptr_t, std::uintptr_t);
    static const auto real =
        reinterpret_cast<Function>(dlsym(RTLD_NEXT, "mbedtls_pk_sign_restartable"));
    signature_count.fetch_add(1);
    return real(key, digest, hash, size, signature, a, b, c, d, e);
}

namespace omnitls::test {

int other_signatures_made() noexcept { return signature_count.load(); }

}  // namespace omnitls::test
