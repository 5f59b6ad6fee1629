// SPDX-License-Identifier: BSL-1.0
// Writes the table of docs/starttls.md, or checks that it is what the document shows: with whom each dialogue is tested on each backend.
// Real programs come from the list that their tests go by, the rest from the transcripts, which are played and attacked in whole
// connections. Where a program is installed as a Debian package, its version has to be one of those that the list names.
//
//   starttls_table FILE [--update]       exit status: 0 the same (or updated), 1 different
//   starttls_table --self-test           the check itself, on texts of its own
#include "tests/docs/document.hpp"
#include "tests/interop/starttls_peers.hpp"
#include "tests/starttls/transcripts.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnitls_built_backends.hpp>

namespace {

using namespace omnitls::test;
using omnitls::Role;

/// A protocol and our role in it.
struct Side {
    std::string protocol;
    Role role;
    friend bool operator==(const Side&, const Side&) = default;
};

std::string_view role_name(Role role) { return role == Role::client ? "client" : "server"; }

/// Of all dialogues that have a transcript, in the transcripts' order.
std::vector<Side> tested_sides() {
    std::vector<Side> sides;
    for (const Transcript& transcript : transcripts()) {
        const auto dialogue = transcript.make(omnitls::starttls::Offer::required);
        const Side side{std::string(dialogue->protocol()),
                        transcript.name.ends_with("_client") ? Role::client : Role::server};
        if (std::ranges::find(sides, side) == sides.end()) sides.push_back(side);
    }
    return sides;
}

const PeerProgram& program_of(const StarttlsPeer& peer, std::span<const PeerProgram> programs) {
    const auto found = std::ranges::find(programs, peer.program, &PeerProgram::program);
    if (found == programs.end())
        throw std::runtime_error(std::string(peer.program) + " is no program of the list");
    return *found;
}

std::string cell(const Side& side, std::span<const StarttlsPeer> peers,
                 std::span<const PeerProgram> programs) {
    std::string names;
    for (const StarttlsPeer& peer : peers) {
        if (peer.protocol != side.protocol || peer.ours != side.role) continue;
        const PeerProgram& program = program_of(peer, programs);
        names += (names.empty() ? "real peer: " : "; ") + std::string(program.name) + " " +
                 std::string(program.versions);
    }
    return names.empty() ? "both ends ours" : names;
}

std::string make_table(const std::vector<Side>& sides, const std::vector<std::string>& backends,
                       std::span<const StarttlsPeer> peers, std::span<const PeerProgram> programs) {
    for (const StarttlsPeer& peer : peers) {
        if (std::ranges::find(sides, Side{std::string(peer.protocol), peer.ours}) == sides.end())
            throw std::runtime_error(std::string(peer.protocol) + ", " +
                                     std::string(role_name(peer.ours)) + ": no such dialogue");
    }
    std::string table = "\n| Protocol | Our role |";
    for (const std::string& backend : backends) table += " " + backend + " |";
    table += "\n|---|---|";
    for (std::size_t i = 0; i < backends.size(); ++i) table += "---|";
    table += "\n";
    for (const Side& side : sides) {
        table += "| `" + side.protocol + "` | " + std::string(role_name(side.role)) + " |";
        // The tests of a row run on every backend.
        for (std::size_t i = 0; i < backends.size(); ++i)
            table += " " + cell(side, peers, programs) + " |";
        table += "\n";
    }
    return table + "\n";
}

/// Whether Debian's `version` ("1:2.3.19-2") is one of `versions` ("2.3, 2.4").
bool is_one_of(std::string_view version, std::string_view versions) {
    if (const std::size_t epoch = version.find(':'); epoch != version.npos)
        version.remove_prefix(epoch + 1);
    while (!versions.empty()) {
        const std::string_view one = versions.substr(0, versions.find(", "));
        versions.remove_prefix(std::min(versions.size(), one.size() + 2));
        const std::string_view rest = version.substr(std::min(version.size(), one.size()));
        if (version.starts_with(one) && (rest.empty() || rest[0] < '0' || rest[0] > '9'))
            return true;
    }
    return false;
}

/// Empty if the package is not installed here, or there is nobody to ask.
std::string installed_version(std::string_view package) {
    const std::string command =
        "dpkg-query -W -f '${Version}' " + std::string(package) + " 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::array<char, 256> line{};
    if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return {};
    return line.data();
}

void expect_versions() {
    for (const PeerProgram& program : peer_programs) {
        const std::string version = installed_version(program.package);
        if (!version.empty() && !is_one_of(version, program.versions))
            throw std::runtime_error(std::string(program.name) + " is " + version +
                                     " here, and the list has " + std::string(program.versions));
    }
}

std::vector<Table> tables() {
    std::vector<Side> sides = tested_sides();
    for (const omnitls::starttls::Protocol& protocol : omnitls::starttls::protocols()) {
        for (const Role role : {Role::client, Role::server}) {
            if (std::ranges::find(sides, Side{std::string(protocol.name), role}) == sides.end())
                throw std::runtime_error(std::string(protocol.name) + " has no transcript");
        }
    }
    // It waits for nothing, and so has no transcript.
    sides.insert(std::ranges::find(sides, Side{"proxy", Role::server}),
                 Side{"proxy", Role::client});
    std::vector<std::string> backends;
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        backends.emplace_back(backend->name());
    expect_versions();
    return {{"starttls-peers", make_table(sides, backends, starttls_peers, peer_programs)}};
}

int self_test() {
    constexpr PeerProgram programs[] = {{"a", "A", "a", "1.0, 2.0"}, {"b", "B", "b", "3"}};
    constexpr StarttlsPeer peers[] = {
        {"a", Role::client, "one"}, {"b", Role::client, "one"}, {"b", Role::server, "two"}};
    const std::vector<Side> sides{
        {"one", Role::client}, {"one", Role::server}, {"two", Role::server}};
    const std::string table =
        "\n| Protocol | Our role | x | y |\n|---|---|---|---|\n"
        "| `one` | client | real peer: A 1.0, 2.0; B 3 | real peer: A 1.0, 2.0; B 3 |\n"
        "| `one` | server | both ends ours | both ends ours |\n"
        "| `two` | server | real peer: B 3 | real peer: B 3 |\n\n";
    const auto refuses = [&](std::string_view program, std::string_view protocol) {
        const StarttlsPeer wrong[] = {{program, Role::server, protocol}};
        try {
            make_table(sides, {"x"}, wrong, programs);
        } catch (const std::runtime_error&) {
            return true;
        }
        return false;
    };
    const bool good = make_table(sides, {"x", "y"}, peers, programs) == table &&
                      refuses("c", "two") && refuses("b", "three") && !refuses("b", "two") &&
                      is_one_of("1:2.3.19+dfsg-2", "2.3, 2.4") &&
                      is_one_of("2.4.1-1", "2.3, 2.4") && is_one_of("15-0", "15, 17") &&
                      !is_one_of("2.30-1", "2.3, 2.4") && !is_one_of("2.5.1-1", "2.3, 2.4") &&
                      !is_one_of("", "2.3");
    std::cout << "self-test: " << (good ? "as expected" : "FAILED") << '\n';
    return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_on_document(argc, argv, tables, self_test);
    } catch (const std::exception& error) {
        std::cerr << "starttls_table: " << error.what() << '\n';
        return 1;
    }
}
