// SPDX-License-Identifier: BSL-1.0
// Tables in documents: between marks, and written or compared by a program that knows what they should be.
#pragma once

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::test {

struct Table {
    std::string_view name;
    std::string text;
};

inline std::string begin_mark(std::string_view table) {
    return "<!-- " + std::string(table) + ":begin -->\n";
}
inline std::string end_mark(std::string_view table) {
    return "<!-- " + std::string(table) + ":end -->";
}

/// `text` with `table` between the marks of `name`; nullopt without the marks.
inline std::optional<std::string> with_table(const std::string& text, std::string_view name,
                                             const std::string& table) {
    const std::size_t begin = text.find(begin_mark(name));
    if (begin == std::string::npos) return std::nullopt;
    const std::size_t from = begin + begin_mark(name).size();
    const std::size_t to = text.find(end_mark(name), from);
    if (to == std::string::npos) return std::nullopt;
    return text.substr(0, from) + table + text.substr(to);
}

/// 0: the document at `path` has these tables, one at least, or has been updated; 1: it has not.
inline int check_or_update(const std::string& path, const std::vector<Table>& tables, bool update) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::string wanted = text;
    bool any = false;
    for (const Table& table : tables) {
        const auto next = with_table(wanted, table.name, table.text);
        any = any || next.has_value();
        wanted = next.value_or(wanted);
    }
    if (!any) {
        std::cerr << path << ": cannot be read, or has no " << begin_mark(tables.front().name);
        return 1;
    }
    if (wanted == text) return 0;
    if (update) {
        std::ofstream(path, std::ios::binary) << wanted;
        std::cout << "updated " << path << '\n';
        return 0;
    }
    std::cerr << path << ": should be (run this with --update):\n" << wanted;
    return 1;
}

/// The command line: FILE [--update], or --self-test.
inline int run_on_document(int argc, char** argv, std::vector<Table> (*make)(),
                           int (*self_test)()) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"--self-test"}) return self_test();
    const bool update = arguments.size() == 2 && arguments[1] == "--update";
    if (arguments.size() != 1 && !update) {
        std::cerr << "usage: " << argv[0] << " FILE [--update] | --self-test\n";
        return 2;
    }
    return check_or_update(arguments[0], make(), update);
}

}  // namespace omnitls::test
