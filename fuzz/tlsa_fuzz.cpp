// SPDX-License-Identifier: BSL-1.0
// Any bytes as a TLSA record, as text and as RDATA: read or refused with words, and what is read is written and read again the same.
#include <omnitls/verifiers/dane.hpp>

#include <cstdlib>

namespace {

void check(bool kept) {
    if (!kept) std::abort();
}

void check_record(const omnitls::Result<omnitls::TlsaRecord>& record, std::size_t size) {
    if (!record) {
        check(record.error().code == omnitls::Errc::bad_input);
        check(record.error().what.starts_with("TLSA record: "));
        check(record.error().what.size() < 512);
        return;
    }
    check(!record->data.empty() && record->data.size() < size);
    const auto again = omnitls::TlsaRecord::from_text(record->to_text());
    check(again && *again == *record);
    check(!record->usable() || record->usage <= 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check_record(omnitls::TlsaRecord::from_text(omnitls::as_text({data, size})), size);
    check_record(omnitls::TlsaRecord::from_rdata({data, size}), size);
    return 0;
}
