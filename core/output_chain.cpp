// SPDX-License-Identifier: BSL-1.0
// The output chain.
#include "core/output_chain.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace omnitls::inline v0 {
namespace core {

bool OutputChain::append(ConstBytes bytes) noexcept {
    if (bytes.empty()) return true;
    if (blocks_.empty() || blocks_.back().room() < bytes.size()) {
        if (!add_block(bytes.size())) return false;
    }
    Block& block = blocks_.back();
    std::memcpy(block.memory.data() + block.end, bytes.data(), bytes.size());
    block.end += bytes.size();
    size_ += bytes.size();
    return true;
}

// A lone small message gets a small block, what accumulates a large one: a block is what one write of the driver sends.
bool OutputChain::add_block(std::size_t min_bytes) noexcept {
    const bool small = blocks_.empty() && min_bytes <= block_size::small;
    const MutableBytes memory =
        source_->acquire(std::max(min_bytes, small ? block_size::small : block_size::flight));
    if (memory.data() == nullptr) return false;
    try {
        blocks_.push_back({memory, 0, 0});
    } catch (const std::bad_alloc&) {
        source_->release(memory);
        return false;
    }
    return true;
}

bool OutputChain::splice(OutputChain& other) noexcept {
    try {
        blocks_.insert(blocks_.end(), other.blocks_.begin(), other.blocks_.end());
    } catch (const std::bad_alloc&) {
        return false;
    }
    size_ += other.size_;
    other.blocks_.clear();
    other.size_ = 0;
    return true;
}

ConstBytes OutputChain::front() const noexcept {
    if (blocks_.empty()) return {};
    const Block& block = blocks_.front();
    return ConstBytes(block.memory.data() + block.begin, block.end - block.begin);
}

void OutputChain::consume(std::size_t n) noexcept {
    if (blocks_.empty()) return;
    Block& block = blocks_.front();
    n = std::min(n, block.end - block.begin);
    block.begin += n;
    size_ -= n;
    if (block.begin == block.end) drop_front_block();
}

void OutputChain::drop_front_block() noexcept {
    source_->release(blocks_.front().memory);
    blocks_.erase(blocks_.begin());
}

void OutputChain::clear() noexcept {
    for (const Block& block : blocks_) source_->release(block.memory);
    blocks_.clear();
    size_ = 0;
}

void OutputChain::wipe() noexcept {
    for (const Block& block : blocks_) secure_wipe(block.memory.first(block.end));
    clear();
}

Bytes OutputChain::copy(std::size_t offset, std::size_t limit) const {
    Bytes out;
    for (const Block& block : blocks_) {
        const std::size_t size = block.end - block.begin;
        if (offset >= size) {
            offset -= size;
            continue;
        }
        const std::size_t n = std::min(size - offset, limit - out.size());
        const std::uint8_t* from = block.memory.data() + block.begin + offset;
        out.insert(out.end(), from, from + n);
        offset = 0;
        if (out.size() == limit) break;
    }
    return out;
}

}  // namespace core
}  // namespace omnitls::inline v0
