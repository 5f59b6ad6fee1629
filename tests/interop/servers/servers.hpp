// SPDX-License-Identifier: BSL-1.0
// The servers: each in a file of its own, with its configuration and what is said to it.
#pragma once

#include "tests/interop/service.hpp"

#include <string>
#include <vector>

namespace omnitls::test {

namespace software {
extern const Software prosody;     ///< XMPP, also among servers. OpenSSL.
extern const Software exim;        ///< SMTP. GnuTLS.
extern const Software dovecot;     ///< IMAP, POP3, ManageSieve, LMTP. OpenSSL.
extern const Software slapd;       ///< LDAP. GnuTLS on Debian 12, OpenSSL on Debian 13.
extern const Software nginx;       ///< HTTPS. OpenSSL.
extern const Software redis;       ///< OpenSSL.
extern const Software mosquitto;   ///< MQTT. OpenSSL.
extern const Software unbound;     ///< DNS over TLS. OpenSSL.
extern const Software postgresql;  ///< OpenSSL.
extern const Software mariadb;     ///< OpenSSL.
extern const Software vsftpd;      ///< FTP. OpenSSL.
extern const Software haproxy;     ///< Passes on what others serve.
}  // namespace software

namespace services {
extern const Service prosody;
extern const Service prosody_s2s;
extern const Service exim;
extern const Service dovecot_imap;
extern const Service dovecot_pop3;
extern const Service dovecot_sieve;
extern const Service dovecot_lmtp;
extern const Service slapd;
extern const Service nginx;
extern const Service redis;
extern const Service mosquitto;
extern const Service unbound;
extern const Service postgresql;
extern const Service mariadb;
extern const Service vsftpd;
}  // namespace services

/// What is in the file letter.txt of the FTP server.
std::string ftp_letter();

/// All of them.
std::vector<const Service*> all_services();

}  // namespace omnitls::test
