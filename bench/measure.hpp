// SPDX-License-Identifier: BSL-1.0
// Paired measuring for a noisy machine: all variants of a workload run in turn in one process, in rotated order, on the
// process's CPU clock; what counts is the median of the ratios of each round. Absolute figures of two runs say nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// CPU seconds of this process, user and system: what other programs take is not in it.
inline double cpu_seconds() {
    std::timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Median, smallest and largest of what was measured.
struct Summary {
    double median = 0;
    double min = 0;
    double max = 0;
};

inline Summary summarise(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    const double upper = values[n / 2];
    const double median = n % 2 == 1 ? upper : (values[n / 2 - 1] + upper) / 2;
    return {median, values.front(), values.back()};
}

/// One way to do a workload. `run` does `amount` units of it.
struct Variant {
    std::string name;
    std::function<void(std::size_t amount)> run;
};

/// What came out for one variant: units per CPU second, and that divided by the reference's in the same round.
struct Outcome {
    std::string variant;
    Summary rate;
    Summary ratio;
    std::vector<double> rates{};  ///< One for each round.
};

/// `ours` beside another reference than the first variant, of the same rounds.
inline Outcome beside(const Outcome& ours, const Outcome& reference) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < ours.rates.size(); ++i)
        ratios.push_back(ours.rates[i] / reference.rates[i]);
    return {ours.variant, ours.rate, summarise(std::move(ratios)), ours.rates};
}

/// The rate of doing two things one after the other, in each round: what a layer between them cannot beat without batching.
inline Outcome one_after_other(std::string name, const Outcome& first, const Outcome& second) {
    std::vector<double> rates;
    for (std::size_t i = 0; i < first.rates.size(); ++i)
        rates.push_back(1 / (1 / first.rates[i] + 1 / second.rates[i]));
    return {std::move(name), summarise(rates), {}, rates};
}

/// How many units of `variant` take about `seconds`.
inline std::size_t calibrate(const Variant& variant, double seconds) {
    std::size_t amount = 1;
    variant.run(amount);  // What happens only once is not part of it.
    for (;;) {
        const double start = cpu_seconds();
        variant.run(amount);
        const double taken = cpu_seconds() - start;
        if (taken > seconds / 4) {
            const double scaled = static_cast<double>(amount) * seconds / taken;
            return std::max<std::size_t>(1, static_cast<std::size_t>(scaled));
        }
        amount *= 2;
    }
}

/// Runs all variants `rounds` times after one round of warming up; `variants[0]` is the reference of the ratios.
inline std::vector<Outcome> interleave(const std::vector<Variant>& variants, std::size_t rounds,
                                       double slice_seconds) {
    // Each has an amount of its own: a slice of one that is twenty times as fast would be too short to be timed.
    std::vector<std::size_t> amounts;
    for (const Variant& variant : variants) amounts.push_back(calibrate(variant, slice_seconds));
    std::vector<std::vector<double>> rates(variants.size());
    std::vector<std::vector<double>> ratios(variants.size());
    for (std::size_t round = 0; round <= rounds; ++round) {
        std::vector<double> now(variants.size());
        for (std::size_t i = 0; i < variants.size(); ++i) {
            const std::size_t which = (i + round) % variants.size();
            const double start = cpu_seconds();
            variants[which].run(amounts[which]);
            now[which] = static_cast<double>(amounts[which]) / (cpu_seconds() - start);
        }
        if (round == 0) continue;
        for (std::size_t i = 0; i < variants.size(); ++i) {
            rates[i].push_back(now[i]);
            ratios[i].push_back(now[i] / now[0]);
        }
    }
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < variants.size(); ++i) {
        outcomes.push_back({variants[i].name, summarise(rates[i]), summarise(std::move(ratios[i])),
                            std::move(rates[i])});
    }
    return outcomes;
}

}  // namespace bench
