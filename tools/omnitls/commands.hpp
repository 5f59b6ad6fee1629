// SPDX-License-Identifier: BSL-1.0
// The subcommands. Each adds its options to the application and, when chosen, runs and sets the exit status.
#pragma once

#include "tools/omnitls/exit_codes.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace omnitls::tool {

void add_backends_command(CLI::App& app, Exit& exit);
void add_connect_command(CLI::App& app, Exit& exit);
void add_cert_command(CLI::App& app, Exit& exit);
void add_serve_command(CLI::App& app, Exit& exit);
void add_verify_command(CLI::App& app, Exit& exit);

}  // namespace omnitls::tool
