// SPDX-License-Identifier: BSL-1.0
// FTP (RFC 4217): logs in over TLS, asks for TLS on data connections, and goes back to plain text on the control connection (CCC), as
// firewalls that follow FTP need it.
//
//   ftp_ccc HOST PORT CA-FILE USER PASSWORD     exit status: 0 all of it went well, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/starttls/ftp.hpp>
#include <omnitls/transport/starttls.hpp>

#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <string_view>

using example::need;
using example::tcp;
using Stream = omnitls::Stream<tcp::socket>;

void check(const Stream& stream, const std::error_code& ec) {
    if (ec) throw std::runtime_error(stream.last_error()->to_string());
}

// Says a command, and wants an answer of one line that begins with `code`. No byte beyond it is read.
void say(Stream& stream, const std::string& command, std::string_view code) {
    asio::write(stream, asio::buffer(command + "\r\n"));
    std::string reply;
    for (char c = 0; !reply.ends_with("\r\n"); reply += c) stream.read_some(asio::buffer(&c, 1));
    std::cout << (stream.is_secure() ? "TLS    " : "plain  ") << omnitls::escape_untrusted(reply)
              << '\n';
    if (!reply.starts_with(code)) throw std::runtime_error("wanted " + std::string(code));
}

int main(int argc, char** argv) try {
    if (argc != 6) throw std::runtime_error("usage: ftp_ccc HOST PORT CA-FILE USER PASSWORD");
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(argv[3]));
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    asio::io_context io;
    Stream stream(example::connect(io, argv[1], argv[2]), need(context->make_engine(target)));
    std::error_code ec;
    omnitls::run_starttls(stream, *need(omnitls::starttls::ftp_client()), ec);  // AUTH TLS
    check(stream, ec);
    say(stream, "USER " + std::string(argv[4]), "331");
    say(stream, "PASS " + std::string(argv[5]), "230");
    omnitls::run_dialogue(stream, *omnitls::starttls::ftp_protect_client(), ec);  // PBSZ, PROT
    check(stream, ec);
    // [clear]
    omnitls::run_dialogue(stream, *omnitls::starttls::ftp_clear_client(), ec);  // CCC
    check(stream, ec);
    stream.stop_tls(ec);  // close_notify, both ways
    check(stream, ec);
    say(stream, "PWD",
        "257");  // in plain text: anybody may read it, and may have written the answer
    // [/clear]
    say(stream, "QUIT", "221");
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
