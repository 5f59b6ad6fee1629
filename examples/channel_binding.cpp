// SPDX-License-Identifier: BSL-1.0
// What SCRAM-PLUS (RFC 5802 §6) and a token bound to its connection need of TLS: the binding of the connection and its
// registered name, and keying material for a protocol of one's own.
//
//   channel_binding HOST PORT CA.pem      exit status: 0 done, 1 no connection, or one without binding
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/channel_binding.hpp>

#include <string_view>

using example::need;

int main(int argc, char** argv) try {
    if (argc != 4) throw std::runtime_error("usage: channel_binding HOST PORT CA.pem");
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(argv[3]));
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    asio::io_context io;
    omnitls::Stream<example::tcp::socket> stream(example::connect(io, argv[1], argv[2]),
                                                 need(context->make_engine(target)));
    std::error_code ec;
    stream.handshake(ec);
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
    // [binding]
    const omnitls::ChannelBinding binding = need(omnitls::best_channel_binding(stream.engine()));
    const std::string gs2_header = "p=" + std::string(channel_binding_name(binding.type)) + ",,";
    std::string cbind_input = gs2_header;  // in base64 it is the "c=" of the client's last message
    cbind_input += omnitls::as_text(binding.data);
    // [/binding]
    std::cout << gs2_header << " and " << binding.data.size() << " bytes\n";
    // [export]
    const omnitls::SecretBytes key = need(
        stream.engine().export_keying_material("EXPERIMENTAL example.org v1", std::nullopt, 32));
    // [/export]
    std::cout << "a key of " << key.bytes().size() << " bytes\n";
    stream.shutdown(ec);
    return cbind_input.size() > gs2_header.size() ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
