// SPDX-License-Identifier: BSL-1.0
// `TemporaryDirectory`: a fresh, empty directory that goes with its owner, whatever is in it.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace omnitls::test {

class TemporaryDirectory {
public:
    /// Throws std::runtime_error if there cannot be one.
    TemporaryDirectory() : path_(testing::TempDir() + "omnitls-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

}  // namespace omnitls::test
