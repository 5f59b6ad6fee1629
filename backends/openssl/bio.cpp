// SPDX-License-Identifier: BSL-1.0
// See bio.hpp. The callbacks run between C frames: they neither throw nor allocate.
#include "bio.hpp"

namespace omnitls::inline v0::openssl_native {
namespace {

spi::Port& port_of(BIO* bio) noexcept { return *static_cast<spi::Port*>(BIO_get_data(bio)); }

int write_bytes(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
    port_of(bio).put(as_bytes({data, size}));
    *written = size;
    return 1;
}

int read_bytes(BIO* bio, char* data, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    *taken = port_of(bio).take({reinterpret_cast<std::uint8_t*>(data), size});
    if (*taken > 0) return 1;
    BIO_set_retry_read(bio);
    return 0;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

/// One for the program, never freed: a BIO may outlive every object of static storage.
const BIO_METHOD* method() noexcept {
    static const BIO_METHOD* const made = [] {
        BIO_METHOD* fresh = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "omnitls");
        if (fresh != nullptr) {
            BIO_meth_set_write_ex(fresh, write_bytes);
            BIO_meth_set_read_ex(fresh, read_bytes);
            BIO_meth_set_ctrl(fresh, control);
            BIO_meth_set_create(fresh, create);
        }
        return fresh;
    }();
    return made;
}

}  // namespace

BioPtr make_bio(spi::Port& port) noexcept {
    if (method() == nullptr) return nullptr;
    BioPtr bio{BIO_new(method())};
    if (bio) BIO_set_data(bio.get(), &port);
    return bio;
}

}  // namespace omnitls::inline v0::openssl_native
