// SPDX-License-Identifier: BSL-1.0
// The command `omnitls`: options in, a subcommand, an exit status out.
#include "tools/omnitls/commands.hpp"

#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace omnitls::tool {
namespace {

/// A standard stream that was closed would have the number of the next file or socket, which would then be read and written as it.
void hold_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDWR);
}

int run(int argc, char** argv) {
    CLI::App app{"TLS connections on whatever TLS library: make them, serve them, judge them"};
    app.set_version_flag("--version", OMNITLS_VERSION);
    app.require_subcommand(1);
    Exit exit = Exit::ok;
    add_backends_command(app, exit);
    add_cert_command(app, exit);
    add_connect_command(app, exit);
    add_serve_command(app, exit);
    add_verify_command(app, exit);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version come here too, and are no failure.
        return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
    } catch (const Failure& failure) {
        std::cerr << "omnitls: " << failure.detail().what << '\n';
        if (!failure.detail().hint.empty())
            std::cerr << "  next: " << failure.detail().hint << '\n';
        return static_cast<int>(failure.exit());
    }
    return static_cast<int>(exit);
}

}  // namespace
}  // namespace omnitls::tool

int main(int argc, char** argv) {
    try {
        omnitls::tool::hold_standard_streams();
        return omnitls::tool::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "omnitls: internal error: " << error.what() << '\n';
        return static_cast<int>(omnitls::tool::Exit::internal);
    }
}
