// SPDX-License-Identifier: BSL-1.0
// What is said to PostgreSQL: messages of its protocol 3.0. Its user is "user", the password "pencil".
#pragma once

#include "tests/interop/conversation.hpp"

#include <string>

namespace omnitls::test {

struct PostgresqlMessage {
    char type = 0;
    std::string content;
};
void send_postgresql(Conversation& server, char type, const std::string& content);
PostgresqlMessage hear_postgresql(Conversation& server);
/// StartupMessage, which has no type.
void start_postgresql(Conversation& server, const std::string& database);

}  // namespace omnitls::test
