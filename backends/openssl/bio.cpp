// SPDX-License-Identifier: BSL-1.0
// See bio.hpp. The callbacks run between C frames: they neither throw nor allocate.
#include "bio.hpp"

#include <algorithm>

namespace omnitls::inline v0::openssl_native {
namespace {

int write_bytes(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
    const auto& port = *static_cast<const Port*>(BIO_get_data(bio));
    if (port.sink != nullptr) port.sink->write({reinterpret_cast<const std::uint8_t*>(data), size});
    *written = size;
    return 1;
}

int read_bytes(BIO* bio, char* data, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    *taken =
        static_cast<Port*>(BIO_get_data(bio))->take({reinterpret_cast<std::uint8_t*>(data), size});
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

bool Port::set_aside_record(Input& in) {
    const auto missing = [this] {
        constexpr std::size_t header = 5;  // RFC 8446 §5.1: type, version, length of the rest.
        if (aside.size() < header) return header - aside.size();
        return header + (std::size_t{aside[3]} << 8U) + aside[4] - aside.size();
    };
    for (std::size_t wanted = missing(); wanted > 0; wanted = missing()) {
        const ConstBytes part = in.take(std::min(wanted, in.bytes.size()));
        if (part.empty()) return false;
        aside.insert(aside.end(), part.begin(), part.end());
    }
    return true;
}

std::size_t Port::take(MutableBytes out) noexcept {
    if (!aside.empty()) {
        const std::size_t size = std::min(out.size(), aside.size());
        std::ranges::copy_n(aside.begin(), static_cast<std::ptrdiff_t>(size), out.begin());
        aside.erase(aside.begin(), aside.begin() + static_cast<std::ptrdiff_t>(size));
        return size;
    }
    if (input == nullptr) return 0;
    const ConstBytes part = input->take(std::min(out.size(), input->bytes.size()));
    std::ranges::copy(part, out.begin());
    return part.size();
}

BioPtr make_bio(Port& port) noexcept {
    if (method() == nullptr) return nullptr;
    BioPtr bio{BIO_new(method())};
    if (bio) BIO_set_data(bio.get(), &port);
    return bio;
}

}  // namespace omnitls::inline v0::openssl_native
