// SPDX-License-Identifier: BSL-1.0
// Any text as a file of pins, of keys and of certificates: read or refused with a place, and what is read is written and read again the
// same.
#include "tests/support/no_crypto.hpp"
#include <omnitls/verifiers/pin.hpp>

#include <cstdlib>

namespace {

using omnitls::Pin;
using omnitls::PinSet;

void check(bool kept) {
    if (!kept) std::abort();
}

/// Tells apart well enough.
class Folding final : public omnitls::test::NoCrypto {
    bool make_digest(omnitls::spi::Hash, omnitls::ConstBytes data,
                     omnitls::MutableBytes out) const override {
        for (std::uint8_t& byte : out) byte = 0;
        for (std::size_t i = 0; i < data.size(); ++i) {
            out[i % out.size()] = static_cast<std::uint8_t>(out[i % out.size()] * 31U + data[i]);
        }
        return true;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Folding crypto;
    for (const Pin::Kind kind : {Pin::Kind::public_key, Pin::Kind::certificate}) {
        const auto set = PinSet::from_json(omnitls::as_text({data, size}), kind, crypto, "pins");
        if (!set) {
            check(set.error().code == omnitls::Errc::bad_input);
            check(set.error().what.starts_with("pins: "));
            check(set.error().what.size() < 4096);
            continue;
        }
        for (const std::string& host : set->hosts()) check(host.size() <= 2048);
        const auto again = PinSet::from_json(set->to_json(kind), kind, crypto);
        check(again && *again == *set);
    }
    return 0;
}
