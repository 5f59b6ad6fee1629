// SPDX-License-Identifier: BSL-1.0
// vsftpd: FTP with AUTH TLS (RFC 4217). Its data connections must resume the session of the control connection.
#include "tests/interop/servers/servers.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

Launch configure(const Place& place) {
    // It serves no root that can be written to.
    for (const char* name : {"files", "empty"}) {
        using std::filesystem::perms;
        std::filesystem::create_directory(place.path(name));
        if (name == std::string("files")) place.write("files/letter.txt", ftp_letter());
        std::filesystem::permissions(place.path(name), perms::owner_read | perms::owner_exec);
    }
    const std::string file = place.write("vsftpd.conf",
                                         R"(
listen=YES
listen_address=127.0.0.1
listen_port=@port@
pasv_address=127.0.0.1
background=NO
run_as_launching_user=YES
anonymous_enable=YES
no_anon_password=YES
local_enable=NO
ftp_username=@user@
anon_root=@dir@/files
secure_chroot_dir=@dir@/empty
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
connect_from_port_20=NO
log_ftp_protocol=YES
xferlog_enable=YES
vsftpd_log_file=@dir@/log
debug_ssl=YES
ssl_enable=YES
ssl_tlsv1=YES
ssl_ciphers=HIGH
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=YES
rsa_cert_file=@dir@/chain.pem
rsa_private_key_file=@dir@/key.pem
ca_certs_file=@dir@/authorities.pem
ssl_request_cert=YES
validate_cert=@demands@
require_cert=@demands@
)",
                                         {{"@user@", plain_account().user},
                                          {"@demands@", place.demands_certificate ? "YES" : "NO"}});
    return {{}, {place.program, file}};
}

// In plain text: "530 Anonymous sessions must use encryption."
void talk(Conversation& server) {
    server.say("USER anonymous\r\n", "230 Login successful.\r\n");
    server.say("PBSZ 0\r\n", "200 PBSZ set to 0.\r\n");
    server.say("PROT P\r\n", "200 PROT now Private.\r\n");
    server.say("QUIT\r\n", "221 Goodbye.\r\n");
}

}  // namespace

std::string ftp_letter() {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + "\n";
    return text;
}

const Software software::vsftpd{.program = "vsftpd", .configure = configure, .never_as_root = true};
const Service services::vsftpd{.name = "vsftpd",
                               .software = software::vsftpd,
                               .protocol = "ftp",
                               .talk = talk,
                               .words_for = words_of_openssl,
                               .recognition = Recognition::in_tls};

}  // namespace omnitls::test
