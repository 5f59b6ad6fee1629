// SPDX-License-Identifier: BSL-1.0
#include "tools/omnitls/proxy_options.hpp"

#include "tools/omnitls/endpoint.hpp"
#include "tools/omnitls/exit_codes.hpp"

namespace omnitls::tool {

void ClientProxy::add_to(CLI::App& command) {
    CLI::Option* const header =
        command
            .add_option("--proxy-header", version,
                        "Say a PROXY header of this version first, as a proxy does")
            ->type_name("v1|v2")
            ->check(CLI::IsMember({"v1", "v2"}));
    command
        .add_option("--proxy-source", source,
                    "Whom the header names as the client (default: this side)")
        ->type_name("ADDRESS:PORT")
        ->needs(header);
}

void ClientProxy::apply_to(ProbeRequest& request) const {
    if (version.empty()) return;
    ProxyWords words{version == "v1" ? starttls::ProxyVersion::v1 : starttls::ProxyVersion::v2, {}};
    if (!source.empty()) {
        const HostPort client = value_or_usage(parse_host_port(source));
        words.source = {client.host, client.port};
        // A name is an error before anything is connected to.
        const starttls::ProxyHeader header{{{*words.source, *words.source}}, {}};
        value_or_usage(starttls::proxy_header_client(header, words.version));
    }
    request.proxy = words;
}

}  // namespace omnitls::tool
