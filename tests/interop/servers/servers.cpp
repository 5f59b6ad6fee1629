// SPDX-License-Identifier: BSL-1.0
// The list of services.
#include "tests/interop/servers/servers.hpp"

namespace omnitls::test {

std::vector<const Service*> all_services() {
    using namespace services;
    return {&prosody,       &prosody_s2s,  &exim,       &dovecot_imap, &dovecot_pop3,
            &dovecot_sieve, &dovecot_lmtp, &slapd,      &nginx,        &redis,
            &mosquitto,     &unbound,      &postgresql, &mariadb,      &vsftpd};
}

}  // namespace omnitls::test
