// SPDX-License-Identifier: BSL-1.0
#include "tests/transport/attacks/path.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

namespace omnitls::test {
namespace {

Bytes take(Bytes& from, std::size_t size) {
    const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(size, from.size()));
    Bytes taken(from.begin(), end);
    from.erase(from.begin(), end);
    return taken;
}

}  // namespace

Path in_pieces(std::size_t size) {
    return [size](Bytes bytes) {
        std::vector<Bytes> pieces;
        while (!bytes.empty()) pieces.push_back(take(bytes, size));
        return pieces;
    };
}

Path anyhow(unsigned seed) {
    struct State {
        std::mt19937 random;
        Bytes held;
    };
    auto state = std::make_shared<State>(State{std::mt19937(seed), {}});
    return [state](Bytes bytes) {
        auto& [random, held] = *state;
        const bool quiet = bytes.empty();
        held.insert(held.end(), bytes.begin(), bytes.end());
        std::vector<Bytes> pieces;
        while (!held.empty()) {
            // The rest waits for what comes next, or until all is quiet.
            if (!quiet && random() % 4 == 0) break;
            const std::size_t size = random() % 8 == 0 ? held.size() : 1 + random() % 40;
            pieces.push_back(take(held, size));
        }
        return pieces;
    };
}

Path inserting(std::size_t at, std::string text) {
    return [at, text = std::move(text), passed = std::size_t{0}](Bytes bytes) mutable {
        const std::size_t size = bytes.size();
        if (at >= passed && at - passed < size) {
            const auto where = bytes.begin() + static_cast<std::ptrdiff_t>(at - passed);
            bytes.insert(where, text.begin(), text.end());
        }
        passed += size;
        return in_one_segment(std::move(bytes));
    };
}

Path flipping(std::size_t at, std::uint8_t bits) {
    return [at, bits, passed = std::size_t{0}](Bytes bytes) mutable {
        if (at >= passed && at - passed < bytes.size()) bytes[at - passed] ^= bits;
        passed += bytes.size();
        return in_one_segment(std::move(bytes));
    };
}

}  // namespace omnitls::test
