// SPDX-License-Identifier: BSL-1.0
// Writes a document's capability tables from the backends of this build, or checks that they are what it shows: "capabilities", and
// apart from them "algorithms", one row for each suite, group and signature scheme.
//
//   capability_table FILE [--update]       exit status: 0 the same (or updated), 1 different
//   capability_table --self-test           the check itself, on texts of its own
#include "tests/docs/document.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <omnitls_built_backends.hpp>

namespace {

using omnitls::Capability;
using omnitls::CapabilityState;
using namespace omnitls::test;

/// One backend's column, apart from the backend so that the self-test can make one.
struct Column {
    std::string name;
    std::vector<Capability> rows;
};

constexpr std::string_view tables[] = {"capabilities", "algorithms"};

bool is_algorithm(const std::string& name) {
    using omnitls::Algorithms;
    const omnitls::AlgorithmNames as[] = {{{name}, {}, {}}, {{}, {name}, {}}, {{}, {}, {name}}};
    return std::ranges::any_of(
        as, [](const auto& names) { return Algorithms::from_names(names).has_value(); });
}

/// The rows whose state is another with another version of the same library; a document is one for all of them. Nothing else may
/// differ, or the table would be right on one machine only.
bool depends_on_library(std::string_view backend, std::string_view name) {
    constexpr std::string_view of_mbedtls[] = {"tls13", "encrypted_keys", "exporter",
                                               "any_signature_scheme_list"};
    if (backend == "mbedtls")
        return std::ranges::find(of_mbedtls, name) != std::end(of_mbedtls) ||
               (name.starts_with("TLS_") && name.find("_WITH_") == name.npos) ||
               name.starts_with("rsa_pss_rsae");
    return name.find("MLKEM") != name.npos;
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
std::vector<std::string> names_of(std::string_view table, const std::vector<Column>& columns) {
    std::vector<std::string> names;
    for (const Column& column : columns) {
        for (const Capability& row : column.rows) {
            if (is_algorithm(row.name) == (table == "algorithms") &&
                std::ranges::find(names, row.name) == names.end())
                names.push_back(row.name);
        }
    }
    return names;
}

std::string make_table(std::string_view table_name, const std::vector<Column>& columns) {
    std::string head = table_name == "algorithms" ? "| Name |" : "| Capability |";
    std::string rule = "|---|";
    for (const Column& column : columns) {
        head += " " + column.name + " |";
        rule += "---|";
    }
    std::string table = "\n" + head + "\n" + rule + "\n";
    for (const std::string& name : names_of(table_name, columns)) {
        table += "| `" + name + "` |";
        for (const Column& column : columns) table += " " + cell(column, name) + " |";
        table += "\n";
    }
    return table + "\n";
}

std::vector<Table> tables_of_this_build() {
    std::vector<Column> columns;
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        columns.push_back({std::string(backend->name()), backend->capabilities().rows()});
    std::vector<Table> made;
    for (const std::string_view name : tables) made.push_back({name, make_table(name, columns)});
    return made;
}

int self_test() {
    const std::vector<Column> columns{
        {"one",
         {{"a", CapabilityState::native, ""},
          {"b", CapabilityState::absent, "why"},
          {"x25519", CapabilityState::native, ""}}},
        {"two", {{"b", CapabilityState::emulated, "how"}, {"c", CapabilityState::native, ""}}}};
    const std::string table =
        "\n| Capability | one | two |\n|---|---|---|\n| `a` | native | unknown |\n"
        "| `b` | absent: why | emulated: how |\n| `c` | unknown | native |\n\n";
    const std::string algorithms =
        "\n| Name | one | two |\n|---|---|---|\n| `x25519` | native | unknown |\n\n";
    const auto of = [](const std::vector<Column>& all) { return make_table("capabilities", all); };
    const auto put = [&](const std::string& text) {
        return with_table(text, "capabilities", table);
    };
    const auto around = [](const std::string& inside) {
        return "before\n" + begin_mark("capabilities") + inside + end_mark("capabilities") +
               "\nafter\n";
    };
    const Column with{"mbedtls", {{"tls13", CapabilityState::native, ""}}};
    const Column without{"mbedtls", {{"tls13", CapabilityState::absent, "not there"}}};
    const bool good = of(columns) == table && make_table("algorithms", columns) == algorithms &&
                      put(around("old")) == around(table) && put(around(table)) == around(table) &&
                      !put("no marks") && !put(begin_mark("capabilities")) &&
                      !put(begin_mark("algorithms") + end_mark("algorithms")) &&
                      of({with}) == of({without});
    std::cout << "self-test: " << (good ? "as expected" : "FAILED") << '\n';
    return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    return run_on_document(argc, argv, tables_of_this_build, self_test);
}
