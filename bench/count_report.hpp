// SPDX-License-Identifier: BSL-1.0
// Exact counts beside their bounds, as a table and as JSON. Unlike the ratios of report.hpp they do not depend on how busy the
// machine is, so one that is over its bound is a failing exit status.
#pragma once

#include "bench/report.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace bench {

class CountReport {
public:
    explicit CountReport(nlohmann::ordered_json facts) : facts_(std::move(facts)) {
        facts_.update(machine_facts());
    }

    /// `bound`: the most that is allowed; none: only reported. `goal`: what it should be where that is less; missing it is said.
    void add(const std::string& workload, const std::string& variant, const std::string& what,
             double value, std::optional<double> bound = std::nullopt,
             std::optional<double> goal = std::nullopt) {
        if (rows_.empty())
            std::printf("%-20s %-16s %-40s %12s  %s\n", "workload", "variant", "what", "count",
                        "bound");
        // What is counted is whole; only the division by the amount is not.
        const bool over = bound && value > *bound + 1e-9;
        over_ += over ? 1 : 0;
        char allowed[48] = "-";
        if (bound)
            std::snprintf(allowed, sizeof allowed, "<= %g %s", *bound, over ? "OVER" : "met");
        char wished[48] = "";
        if (goal)
            std::snprintf(wished, sizeof wished, ", goal %g %s", *goal,
                          value > *goal + 1e-9 ? "missed" : "met");
        std::printf("%-20s %-16s %-40s %12.3f  %s%s\n", workload.c_str(), variant.c_str(),
                    what.c_str(), value, allowed, wished);
        std::fflush(stdout);
        nlohmann::ordered_json row;
        row["workload"] = workload;
        row["variant"] = variant;
        row["what"] = what;
        row["value"] = value;
        row["bound"] = bound ? nlohmann::ordered_json(*bound) : nlohmann::ordered_json(nullptr);
        row["met"] = !over;
        row["goal"] = goal ? nlohmann::ordered_json(*goal) : nlohmann::ordered_json(nullptr);
        rows_.push_back(std::move(row));
    }

    void write(const std::string& path) const { write_results(path, facts_, rows_); }
    /// Says how many are over their bounds.
    int exit_status() const {
        if (over_ > 0) std::printf("%d over the bound\n", over_);
        return over_ > 0 ? 1 : 0;
    }

private:
    nlohmann::ordered_json facts_;
    nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
    int over_ = 0;
};

}  // namespace bench
