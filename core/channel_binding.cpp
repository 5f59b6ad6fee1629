// SPDX-License-Identifier: BSL-1.0
// Channel bindings made of what every engine offers.
#include <omnitls/channel_binding.hpp>
#include <omnitls/engine.hpp>

namespace omnitls::inline v0 {

std::string_view channel_binding_name(ChannelBindingType type) noexcept {
    switch (type) {
        case ChannelBindingType::tls_exporter:
            return "tls-exporter";
        case ChannelBindingType::tls_unique:
            return "tls-unique";
        case ChannelBindingType::tls_server_end_point:
            return "tls-server-end-point";
    }
    return "unknown";
}

Result<ChannelBinding> channel_binding(const TlsEngine& engine, ChannelBindingType type) {
    Result<Bytes> data = engine.channel_binding(type);
    if (!data) return std::move(data).error();
    return ChannelBinding{type, *std::move(data)};
}

Result<ChannelBinding> best_channel_binding(const TlsEngine& engine) {
    using enum ChannelBindingType;
    for (const ChannelBindingType type : {tls_exporter, tls_unique}) {
        Result<ChannelBinding> found = channel_binding(engine, type);
        if (found || found.error().code == Errc::wrong_state) return found;
    }
    return channel_binding(engine, tls_server_end_point);
}

}  // namespace omnitls::inline v0
