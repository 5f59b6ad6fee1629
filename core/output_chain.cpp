// SPDX-License-Identifier: BSL-1.0
// The output chain and the default source of its blocks.
#include "core/output_chain.hpp"

#include "core/wipe.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace omnitls::inline v0 {
namespace {

class FreeStoreBlocks final : public BlockSource {
public:
    MutableBytes acquire(std::size_t min_bytes) noexcept override {
        static constexpr std::size_t kSmallest = 4096;
        const std::size_t size = std::max(min_bytes, kSmallest);
        auto* data = new (std::nothrow) std::uint8_t[size];
        return data != nullptr ? MutableBytes(data, size) : MutableBytes();
    }
    void release(MutableBytes block) noexcept override { delete[] block.data(); }
};

}  // namespace

BlockSource& default_block_source() noexcept {
    static FreeStoreBlocks source;
    return source;
}

namespace core {

bool OutputChain::append(ConstBytes bytes) noexcept {
    while (!bytes.empty()) {
        if (blocks_.empty() || blocks_.back().end == blocks_.back().memory.size()) {
            const MutableBytes memory = source_->acquire(bytes.size());
            if (memory.data() == nullptr) return false;
            try {
                blocks_.push_back({memory, 0, 0});
            } catch (const std::bad_alloc&) {
                source_->release(memory);
                return false;
            }
        }
        Block& block = blocks_.back();
        const std::size_t n = std::min(bytes.size(), block.memory.size() - block.end);
        std::memcpy(block.memory.data() + block.end, bytes.data(), n);
        block.end += n;
        size_ += n;
        bytes = bytes.subspan(n);
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
