// SPDX-License-Identifier: BSL-1.0
#include <omnitls/spi/port.hpp>

#include <algorithm>

namespace omnitls::inline v0::spi {

std::size_t Port::take(MutableBytes out) noexcept {
    if (taken_ < aside_.size()) {
        const std::size_t size = std::min(out.size(), aside_.size() - taken_);
        std::copy_n(aside_.begin() + static_cast<std::ptrdiff_t>(taken_), size, out.begin());
        taken_ += size;
        return size;
    }
    if (input == nullptr) return 0;
    const ConstBytes part = input->take(std::min(out.size(), input->bytes.size()));
    std::copy(part.begin(), part.end(), out.begin());
    return part.size();
}

bool Port::set_aside_record(Input& in) {
    const auto missing = [this] {
        constexpr std::size_t header = 5;  // RFC 8446 §5.1: type, version, length of the rest.
        if (aside_.size() < header) return header - aside_.size();
        return header + (std::size_t{aside_[3]} << 8U) + aside_[4] - aside_.size();
    };
    for (std::size_t wanted = missing(); wanted > 0; wanted = missing()) {
        const ConstBytes part = in.take(std::min(wanted, in.bytes.size()));
        if (part.empty()) return false;
        aside_.insert(aside_.end(), part.begin(), part.end());
    }
    return true;
}

}  // namespace omnitls::inline v0::spi
