// SPDX-License-Identifier: BSL-1.0
// The programs that nobody here wrote, and with which of them tests speak which STARTTLS protocol on every backend. The tests go by this
// list, and docs/starttls.md shows it (tests/docs/starttls_table.cpp): what stands here is tested, and what is tested stands here.
#pragma once

#include <omnitls/verifier.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::test {

struct PeerProgram {
    std::string_view program;  ///< Its file's name, or that of the script that uses it.
    std::string_view name;
    std::string_view package;   ///< Debian's.
    std::string_view versions;  ///< Of Debian 12 and 13, without their last part: "3.0, 3.5".
};
inline constexpr PeerProgram peer_programs[] = {
    {"curl", "curl", "curl", "7.88, 8.14"},
    {"dovecot", "Dovecot", "dovecot-imapd", "2.3, 2.4"},
    {"exim4", "Exim", "exim4-daemon-light", "4.96, 4.98"},
    {"gnutls-cli", "gnutls-cli", "gnutls-bin", "3.7, 3.8"},
    {"haproxy", "HAProxy", "haproxy", "2.6, 3.0"},
    {"ldapsearch", "ldapsearch", "ldap-utils", "2.5, 2.6"},
    {"ldapwhoami", "ldapwhoami", "ldap-utils", "2.5, 2.6"},
    {"mariadb", "mariadb", "mariadb-client-core", "10.11, 11.8"},
    {"mariadbd", "MariaDB", "mariadb-server-core", "10.11, 11.8"},
    {"nginx", "nginx", "nginx-light", "1.22, 1.26"},
    {"openssl", "OpenSSL s_client", "openssl", "3.0, 3.5"},
    {"postgres", "PostgreSQL", "postgresql", "15, 17"},
    {"prosody", "Prosody", "prosody", "0.12, 13.0"},
    {"psql", "psql", "postgresql-client", "15, 17"},
    {"slapd", "slapd", "slapd", "2.5, 2.6"},
    {"swaks", "swaks", "swaks", "20201014.0, 20240103.0"},
    {"tls_clients.py", "Python's ssl", "python3", "3.11, 3.13"},
    {"vsftpd", "vsftpd", "vsftpd", "3.0"},
    {"xmpp_client.py", "slixmpp", "python3-slixmpp", "1.8, 1.10"},
};

struct StarttlsPeer {
    std::string_view program;
    Role ours;                  ///< The other one is the program's.
    std::string_view protocol;  ///< Of `starttls::protocols()`, or "proxy".
    std::string_view spoken{};  ///< The program's word for it, if it is to be told.
};
inline constexpr StarttlsPeer starttls_peers[] = {
    {"curl", Role::server, "ftp"},
    {"curl", Role::server, "imap"},
    {"curl", Role::server, "pop3"},
    {"curl", Role::server, "proxy"},
    {"curl", Role::server, "smtp"},
    {"dovecot", Role::client, "imap"},
    {"dovecot", Role::client, "lmtp"},
    {"dovecot", Role::client, "pop3"},
    {"dovecot", Role::client, "sieve"},
    {"exim4", Role::client, "smtp"},
    {"gnutls-cli", Role::server, "ftp", "ftp"},
    {"gnutls-cli", Role::server, "imap", "imap"},
    {"gnutls-cli", Role::server, "ldap", "ldap"},
    {"gnutls-cli", Role::server, "lmtp", "lmtp"},
    {"gnutls-cli", Role::server, "nntp", "nntp"},
    {"gnutls-cli", Role::server, "pop3", "pop3"},
    {"gnutls-cli", Role::server, "postgresql", "postgres"},
    {"gnutls-cli", Role::server, "sieve", "sieve"},
    {"gnutls-cli", Role::server, "smtp", "smtp"},
    {"gnutls-cli", Role::server, "xmpp", "xmpp"},
    {"haproxy", Role::server, "proxy"},
    {"ldapsearch", Role::server, "ldap"},
    {"ldapwhoami", Role::server, "ldap"},
    {"mariadb", Role::server, "mysql"},
    {"mariadbd", Role::client, "mysql"},
    {"nginx", Role::client, "proxy"},
    {"openssl", Role::server, "ftp", "ftp"},
    {"openssl", Role::server, "imap", "imap"},
    {"openssl", Role::server, "ldap", "ldap"},
    {"openssl", Role::server, "lmtp", "lmtp"},
    {"openssl", Role::server, "mysql", "mysql"},
    {"openssl", Role::server, "nntp", "nntp"},
    {"openssl", Role::server, "pop3", "pop3"},
    {"openssl", Role::server, "postgresql", "postgres"},
    {"openssl", Role::server, "sieve", "sieve"},
    {"openssl", Role::server, "smtp", "smtp"},
    {"openssl", Role::server, "xmpp", "xmpp"},
    {"openssl", Role::server, "xmpp-server", "xmpp-server"},
    {"postgres", Role::client, "postgresql"},
    {"prosody", Role::client, "xmpp"},
    {"prosody", Role::client, "xmpp-server"},
    {"psql", Role::server, "postgresql"},
    {"slapd", Role::client, "ldap"},
    {"swaks", Role::server, "smtp"},
    {"tls_clients.py", Role::server, "ftp"},
    {"tls_clients.py", Role::server, "imap"},
    {"tls_clients.py", Role::server, "pop3"},
    {"tls_clients.py", Role::server, "smtp"},
    {"vsftpd", Role::client, "ftp"},
    {"xmpp_client.py", Role::server, "xmpp"},
};

/// The rows of one program.
inline std::vector<StarttlsPeer> peers_by(std::string_view program) {
    std::vector<StarttlsPeer> rows;
    for (const StarttlsPeer& peer : starttls_peers)
        if (peer.program == program) rows.push_back(peer);
    return rows;
}

/// The programs that have a row for `protocol`.
inline std::set<std::string> peers_that_speak(std::string_view protocol) {
    std::set<std::string> programs;
    for (const StarttlsPeer& peer : starttls_peers)
        if (peer.protocol == protocol) programs.insert(std::string(peer.program));
    return programs;
}

/// "program protocol" of all rows in which our side is `ours`, but for the PROXY header, which agrees on nothing.
inline std::set<std::string> peers_that_meet(Role ours) {
    std::set<std::string> rows;
    for (const StarttlsPeer& peer : starttls_peers)
        if (peer.ours == ours && peer.protocol != "proxy")
            rows.insert(std::string(peer.program) + ' ' + std::string(peer.protocol));
    return rows;
}

}  // namespace omnitls::test
