// SPDX-License-Identifier: BSL-1.0
// Writes README's capability table from the backends of this build, or checks that it is what README shows.
//
//   capability_table README [--update]     exit status: 0 the same (or updated), 1 different
//   capability_table --self-test           the check itself, on texts of its own
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnitls_built_backends.hpp>

namespace {

using omnitls::Capability;
using omnitls::CapabilityState;

/// One backend's column, apart from the backend so that the self-test can make one.
struct Column {
    std::string name;
    std::vector<Capability> rows;
};

constexpr std::string_view begin_mark = "<!-- capabilities:begin -->\n";
constexpr std::string_view end_mark = "<!-- capabilities:end -->";

/// The rows whose state is another with another version of the same library; README is one for all of them. Nothing else may
/// differ, or the table would be right on one machine only.
bool depends_on_library(std::string_view backend, std::string_view name) {
    return (backend == "openssl" && name == "x25519mlkem768") ||
           (backend == "mbedtls" &&
            (name == "tls13" || name == "encrypted_keys" || name == "exporter"));
}

std::string cell(const Column& column, const std::string& name) {
    const auto row =
        std::ranges::find_if(column.rows, [&](const Capability& r) { return r.name == name; });
    if (row == column.rows.end()) return "unknown";
    if (depends_on_library(column.name, name)) return "depends on the library's version";
    std::string text(omnitls::capability_state_name(row->state));
    if (!row->reason.empty()) text += ": " + row->reason;
    return text;
}

/// All names, in the order in which the backends first mention them.
std::vector<std::string> names_of(const std::vector<Column>& columns) {
    std::vector<std::string> names;
    for (const Column& column : columns) {
        for (const Capability& row : column.rows) {
            if (std::ranges::find(names, row.name) == names.end()) names.push_back(row.name);
        }
    }
    return names;
}

std::string make_table(const std::vector<Column>& columns) {
    std::string head = "| Capability |";
    std::string rule = "|---|";
    for (const Column& column : columns) {
        head += " " + column.name + " |";
        rule += "---|";
    }
    std::string table = "\n" + head + "\n" + rule + "\n";
    for (const std::string& name : names_of(columns)) {
        table += "| `" + name + "` |";
        for (const Column& column : columns) table += " " + cell(column, name) + " |";
        table += "\n";
    }
    return table + "\n";
}

/// `text` with `table` between the marks; nullopt without the marks.
std::optional<std::string> with_table(const std::string& text, const std::string& table) {
    const std::size_t begin = text.find(begin_mark);
    if (begin == std::string::npos) return std::nullopt;
    const std::size_t from = begin + begin_mark.size();
    const std::size_t to = text.find(end_mark, from);
    if (to == std::string::npos) return std::nullopt;
    return text.substr(0, from) + table + text.substr(to);
}

int check_or_update(const std::string& path, bool update) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::vector<Column> columns;
    for (const omnitls::TlsBackend* backend : omnitls::built_backends()) {
        columns.push_back({std::string(backend->name()), backend->capabilities().rows()});
    }
    const auto wanted = with_table(text, make_table(columns));
    if (!wanted) {
        std::cerr << path << ": cannot be read, or has no " << begin_mark;
        return 1;
    }
    if (*wanted == text) return 0;
    if (update) {
        std::ofstream(path, std::ios::binary) << *wanted;
        std::cout << "updated " << path << '\n';
        return 0;
    }
    std::cerr << path << ": the capability table should be (run this with --update):\n"
              << make_table(columns);
    return 1;
}

int self_test() {
    const std::vector<Column> columns{
        {"one", {{"a", CapabilityState::native, ""}, {"b", CapabilityState::absent, "why"}}},
        {"two", {{"b", CapabilityState::emulated, "how"}, {"c", CapabilityState::native, ""}}}};
    const std::string table =
        "\n| Capability | one | two |\n|---|---|---|\n| `a` | native | unknown |\n"
        "| `b` | absent: why | emulated: how |\n| `c` | unknown | native |\n\n";
    const auto around = [](const std::string& inside) {
        return "before\n" + std::string(begin_mark) + inside + std::string(end_mark) + "\nafter\n";
    };
    const Column with{"openssl", {{"x25519mlkem768", CapabilityState::native, ""}}};
    const Column without{"openssl", {{"x25519mlkem768", CapabilityState::absent, "not there"}}};
    const bool good =
        make_table(columns) == table && with_table(around("old"), table) == around(table) &&
        with_table(around(table), table) == around(table) && !with_table("no marks", table) &&
        !with_table(std::string(begin_mark), table) && make_table({with}) == make_table({without});
    std::cout << "self-test: " << (good ? "as expected" : "FAILED") << '\n';
    return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"--self-test"}) return self_test();
    const bool update = arguments.size() == 2 && arguments[1] == "--update";
    if (arguments.size() != 1 && !update) {
        std::cerr << "usage: capability_table README [--update] | --self-test\n";
        return 2;
    }
    return check_or_update(arguments[0], update);
}
