// SPDX-License-Identifier: BSL-1.0
// A verifier that takes its time: a person is asked on another thread, and the handshake is held until there is an answer.
//
//   verifier_async HOST PORT CA-FILE          then type yes or no; exit status: 0 accepted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include <iostream>

using example::need;
using example::tcp;

// [person]
omnitls::Verdict ask_a_person(const omnitls::VerifyRequest& request) {
    const omnitls::Certificate* leaf = request.peer.leaf();
    std::cout << "This server is " << (leaf ? leaf->describe() : "unreadable") << ".\n";
    const std::vector<omnitls::Finding> failures = request.failures();
    for (const omnitls::Finding& failure : failures) {
        std::cout << "  " << finding_name(failure.category) << ": " << failure.text << '\n';
    }
    std::cout << "Talk to it (yes or no)? " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "yes") return omnitls::Verdict::trusted_despite(failures);
    return omnitls::Verdict::rejected(omnitls::Errc::certificate_rejected,
                                      omnitls::Alert::certificate_unknown, "the user said no");
}
// [/person]

int main(int argc, char** argv) try {
    if (argc != 4) throw std::runtime_error("usage: verifier_async HOST PORT CA-FILE");
    omnitls::ClientConfig config;
    config.trust = need(omnitls::TrustAnchors::from_file(argv[3]));
    // [async]
    asio::thread_pool desk(1);  // where questions are answered, at their own pace
    config.verifier = omnitls::make_async_verifier([&desk](omnitls::Question question) {
        asio::post(desk, [question = std::move(question)]() mutable {
            if (question.stop_token().stop_requested()) return;  // nobody waits any more
            omnitls::Verdict verdict = ask_a_person(question.request());
            std::move(question).answer(std::move(verdict));
        });
    });
    // [/async]
    const auto context = need(omnitls::backends::openssl().make_client_context(config));
    const auto target = need(omnitls::ClientTarget::host(argv[1]));
    asio::io_context io;
    // [deadline]
    omnitls::StreamOptions options;
    options.verdict_deadline = std::chrono::minutes(2);
    options.handshake_deadline = std::chrono::minutes(3);  // it includes the verdict
    omnitls::Stream<tcp::socket> stream(example::connect(io, argv[1], argv[2]),
                                        need(context->make_engine(target)), options);
    // [/deadline]
    const int status = example::handshake(io, stream);
    desk.join();
    return status;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
