// SPDX-License-Identifier: BSL-1.0
// What every benchmark program shares: the options, the table and the JSON file. A program names its facts and adds its
// outcomes; a missed goal is printed as missed and is never a failing exit status, for a busy machine misses goals too.
// No TLS library and no Asio here.
#pragma once

#include "bench/measure.hpp"

#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace bench {

struct Options {
    std::size_t rounds = 21;
    double slice_seconds = 0.015;
    std::string only;  ///< Part of a workload's name; empty: all of them.
    std::string json;  ///< File to write; empty: none.
    bool check = false;
    std::size_t units = 0;  ///< Instead of measuring: run so many of each variant, for a profiler.
    std::string variant;    ///< With `units`: this one alone.

    bool wants(const std::string& workload) const {
        return only.empty() || workload.find(only) != std::string::npos;
    }
};

/// Runs `body` with the options of the command line. `about`: one sentence for --help. Returns the exit status.
template <class Body>
int run_program(int argc, char** argv, const std::string& about, Body body) {
    CLI::App program(about);
    Options options;
    double slice_ms = options.slice_seconds * 1000;
    program.add_option("--rounds", options.rounds, "Rounds that each variant runs in")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
        ->capture_default_str();
    program
        .add_option("--slice-ms", slice_ms, "CPU time of the reference in each round, milliseconds")
        ->check(CLI::Range(0.1, 60'000.0))
        ->capture_default_str();
    program.add_option("--only", options.only, "Only workloads whose name contains this");
    program.add_option("--json", options.json, "File for the results");
    program.add_flag("--check", options.check, "Run each workload once and compare every byte");
    program.add_option("--units", options.units,
                       "Only run so many units of each workload and variant, for a profiler");
    program.add_option("--variant", options.variant, "With --units: only this variant");
    try {
        program.parse(argc, argv);
        options.slice_seconds = slice_ms / 1000;
        body(options);
        return 0;
    } catch (const CLI::ParseError& error) {
        return program.exit(error);
    } catch (const std::exception& error) {
        std::cerr << argv[0] << ": " << error.what() << '\n';
        return 1;
    }
}

/// What --units asks for.
inline void run_only(const std::vector<Variant>& variants, const Options& options) {
    for (const Variant& one : variants)
        if (options.variant.empty() || options.variant == one.name) one.run(options.units);
}

/// Processor and compiler. What the processor has decides the rest: VAES makes AES-GCM three times as fast.
inline nlohmann::ordered_json machine_facts() {
    nlohmann::ordered_json facts;
    facts["cpu"] = "unknown";
    facts["vaes"] = false;
    facts["compiler"] = __VERSION__;
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line) && !line.empty();) {
        const std::size_t colon = line.find(':');
        if (line.rfind("model name", 0) == 0 && colon + 2 < line.size())
            facts["cpu"] = line.substr(colon + 2);
        if (line.rfind("flags", 0) == 0)
            facts["vaes"] = (line + ' ').find(" vaes ") != std::string::npos;
    }
    return facts;
}

/// {"facts": {...}, "results": [...]}; nothing if `path` is empty.
inline void write_results(const std::string& path, const nlohmann::ordered_json& facts,
                          const nlohmann::ordered_json& rows) {
    if (path.empty()) return;
    nlohmann::ordered_json all;
    all["facts"] = facts;
    all["results"] = rows;
    std::ofstream file(path);
    file << all.dump(1) << '\n';
    file.close();
    if (!file.good()) throw std::runtime_error("cannot write " + path);
}

/// The ratio that is wanted.
struct Goal {
    double ratio;
    bool higher_is_better = true;

    bool met_by(double measured) const {
        return higher_is_better ? measured >= ratio : measured <= ratio;
    }
};

/// Prints a row as soon as it is measured, and keeps it for the JSON file.
class Report {
public:
    /// `facts`: what else the figures depend on, such as the versions of libraries; the machine's are added.
    explicit Report(nlohmann::ordered_json facts) : facts_(std::move(facts)) {
        facts_.update(machine_facts());
        for (const auto& [name, value] : facts_.items())
            std::printf("# %s: %s\n", name.c_str(),
                        (value.is_string() ? value.get<std::string>() : nlohmann::to_string(value))
                            .c_str());
    }

    /// `unit`: what the rates count per CPU second, such as "writes of 64 KiB".
    void add(const std::string& workload, const Outcome& ours, const Outcome& reference,
             const std::string& unit, std::optional<Goal> goal = std::nullopt) {
        if (rows_.empty())
            std::printf("%-32s %-10s %12s %-10s %12s  %6s  %-15s %s\n", "workload", "variant",
                        "rate", "versus", "rate", "ratio", "[min - max]", "goal");
        char wanted[48] = "-";
        if (goal)
            std::snprintf(wanted, sizeof wanted, "%s %.2f %s",
                          goal->higher_is_better ? ">=" : "<=", goal->ratio,
                          goal->met_by(ours.ratio.median) ? "met" : "MISSED");
        std::printf("%-32s %-10s %12.0f %-10s %12.0f  %6.3f  [%5.3f - %5.3f] %-14s %s\n",
                    workload.c_str(), ours.variant.c_str(), ours.rate.median,
                    reference.variant.c_str(), reference.rate.median, ours.ratio.median,
                    ours.ratio.min, ours.ratio.max, wanted, unit.c_str());
        std::fflush(stdout);
        nlohmann::ordered_json row;
        row["workload"] = workload;
        row["variant"] = ours.variant;
        row["versus"] = reference.variant;
        row["ratio"] = ours.ratio.median;
        row["min"] = ours.ratio.min;
        row["max"] = ours.ratio.max;
        row["goal"] = goal ? nlohmann::ordered_json(goal->ratio) : nlohmann::ordered_json(nullptr);
        row["better"] = goal && !goal->higher_is_better ? "lower" : "higher";
        row["rate"] = ours.rate.median;
        row["unit"] = unit;
        rows_.push_back(std::move(row));
    }

    /// `interleave`'s outcomes: each variant beside the first one.
    void add_all(const std::string& workload, const std::vector<Outcome>& outcomes,
                 const std::string& unit, std::optional<Goal> goal = std::nullopt) {
        for (std::size_t i = 1; i < outcomes.size(); ++i)
            add(workload, outcomes[i], outcomes[0], unit, goal);
    }

    void write(const std::string& path) const { write_results(path, facts_, rows_); }

private:
    nlohmann::ordered_json facts_;
    nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
};

}  // namespace bench
