// SPDX-License-Identifier: BSL-1.0
// The ready-made verifiers: need no TLS library, and no JSON library of the user's.
#include <omnitls/verifiers/compose.hpp>
#include <omnitls/verifiers/dane.hpp>
#include <omnitls/verifiers/pin.hpp>
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <iostream>

int main() {
    const auto pins = omnitls::pin(omnitls::PinSet{});
    const auto records = omnitls::dane(omnitls::fixed_tlsa({}));
    const auto first = omnitls::trust_on_first_use(omnitls::memory_trust_store(), {"example", {}});
    const auto any = omnitls::any_of({pins, records, first.value()});
    std::cout << omnitls::PinSet{}.to_json(omnitls::Pin::Kind::public_key)
              << (any ? "usable" : any.error().what) << '\n';
    return any ? 0 : 1;
}
