// SPDX-License-Identifier: BSL-1.0
// Runs a fuzz target over the files of a corpus directory, without libFuzzer, so that every build replays what was ever found.
// More arguments are PEM files, of which every certificate is an input.
// Each file is also run cut short at several lengths and with single bytes changed: the same cases on every machine.
#include <omnitls/certificate.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

Input read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// A copy of exactly the input's size on the heap, so that AddressSanitizer sees a read past its end.
void run_one(const Input& input) {
    const Input exact(input.begin(), input.end());
    static_cast<void>(LLVMFuzzerTestOneInput(exact.data(), exact.size()));
}

std::size_t run_with_damage(const Input& input) {
    constexpr std::size_t damages = 24;
    run_one(input);
    std::size_t runs = 1;
    const std::size_t step = std::max<std::size_t>(1, input.size() / damages);
    for (std::size_t at = 0; at < input.size(); at += step) {
        run_one(Input(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at)));
        Input changed = input;
        changed[at] = static_cast<std::uint8_t>(changed[at] ^ (runs % 2 == 1 ? 0xff : 0x01));
        run_one(changed);
        runs += 2;
    }
    return runs;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || !std::filesystem::is_directory(argv[1])) {
        std::fprintf(stderr, "usage: %s CORPUS-DIRECTORY (which must exist) [PEM-FILE...]\n",
                     argv[0]);
        return 2;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) {
        std::fprintf(stderr, "%s holds no file: nothing was tested\n", argv[1]);
        return 1;
    }
    std::size_t runs = 0;
    for (const auto& file : files) runs += run_with_damage(read_file(file));
    for (int i = 2; i < argc; ++i) {
        const auto certificates = omnitls::PeerInfo::from_file(argv[i]);
        if (!certificates) {
            std::fprintf(stderr, "%s\n", certificates.error().to_string().c_str());
            return 1;
        }
        for (const omnitls::PeerCertificate& one : certificates->chain)
            runs += run_with_damage(one.der);
    }
    run_one({});
    std::printf("%zu files, %zu runs, no crash\n", files.size(), runs + 1);
    return 0;
}
