// SPDX-License-Identifier: BSL-1.0
// The stages: resolve, tcp, proxy, starttls, tls with the verdict inside, close. The first failure ends it.
#include "tools/omnitls/probe.hpp"

#include "tools/omnitls/counted_socket.hpp"
#include "tools/omnitls/exit_codes.hpp"
#include "tools/omnitls/hints.hpp"
#include "tools/omnitls/interaction.hpp"
#include "tools/omnitls/options.hpp"
#include "tools/omnitls/runner.hpp"
#include "tools/omnitls/transcript.hpp"
#include <omnitls/starttls/protocols.hpp>
#include <omnitls/transport/starttls.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace omnitls::tool {
namespace {

using Tcp = asio::ip::tcp;
using Clock = Runner::Clock;

starttls::ProxyEndpoint proxy_endpoint(const Tcp::endpoint& endpoint) {
    return {endpoint.address().to_string(), endpoint.port()};
}

double milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

class Probe {
public:
    Probe(const ProbeRequest& request, const TlsBackend& backend)
        : request_(request), runner_(request.timeout) {
        report_.target = request.where.to_string();
        report_.backend = &backend;
        ClientConfig config = request.config;
        config.versions = parse_versions(request.tls);
        config.keep_evidence = true;  // It is printed.
        verifier_ = config.verifier ? config.verifier : baseline_verifier();
        config.verifier =
            make_async_verifier([this](Question question) { ask(std::move(question)); });
        context_ = value_or_usage(backend.make_client_context(std::move(config)));
    }

    Report run() {
        const bool connected = resolve() && connect() && introduce();
        const bool secured = connected && upgrade() && secure();
        if (transcript_)
            transcript_->finish(upgraded_, report_.info ? report_.info->version : std::nullopt);
        if (secured && converse()) close();
        return std::move(report_);
    }

private:
    /// The verdict comes in another turn of the loop, as one from a database or a person would.
    void ask(Question question) {
        asked_ = Clock::now();
        const std::uint64_t sent = stream_->next_layer().bytes_sent();
        thinking_.expires_after(request_.verdict_delay);
        thinking_.async_wait(
            [this, sent, question = std::move(question)](const std::error_code& ec) mutable {
                if (ec || question.stop_token().stop_requested()) return;
                verify_time_ = Clock::now() - *asked_;
                report_.held =
                    Held{milliseconds(verify_time_), stream_->next_layer().bytes_sent() - sent};
                verifier_->verify(std::move(question));
            });
    }

    /// Notes a stage that began at `start`; false if it failed.
    bool stage(std::string name, Clock::time_point start, bool ok, std::string text) {
        report_.stages.push_back(
            {std::move(name), milliseconds(Clock::now() - start), ok, std::move(text)});
        return ok;
    }
    bool fail(std::string name, Clock::time_point start, Exit exit, ErrorDetail error) {
        stage(std::move(name), start, false, error.what);
        report_.error = with_hint(std::move(error));
        report_.exit = static_cast<int>(exit);
        return false;
    }

    bool resolve() {
        const auto start = Clock::now();
        Tcp::resolver resolver(runner_.context());
        const std::string port = std::to_string(request_.where.port);
        const std::error_code error = runner_.wait(
            [&](auto done) {
                resolver.async_resolve(
                    request_.where.host, port,
                    [this, done](std::error_code ec, const Tcp::resolver::results_type& found) {
                        for (const auto& entry : found) endpoints_.push_back(entry.endpoint());
                        done(ec);
                    });
            },
            [&] { resolver.cancel(); });
        std::string text;
        for (const auto& endpoint : endpoints_) {
            text.append(text.empty() ? "" : ", ").append(endpoint.address().to_string());
        }
        if (!error && !endpoints_.empty()) return stage("resolve", start, true, text);
        return fail("resolve", start, Exit::name_lookup,
                    make_error(error ? error : make_error_code(Errc::internal),
                               "no address for " + request_.where.host + ": " + error.message(),
                               "check the spelling and the name server"));
    }

    bool connect() {
        const auto start = Clock::now();
        std::string attempts;
        std::error_code error;
        for (const auto& endpoint : endpoints_) {
            Tcp::socket socket(runner_.context());
            error = runner_.wait([&](auto done) { socket.async_connect(endpoint, done); },
                                 [&] { socket.close(); });
            if (!error) {
                peer_ = endpoint;
                local_ = socket.local_endpoint();
                socket.set_option(Tcp::no_delay(true));
                open_stream(std::move(socket));
                return stage("tcp", start, true, to_string(endpoint));
            }
            attempts.append(attempts.empty() ? "" : "; ")
                .append(to_string(endpoint) + ": " + error.message());
        }
        return fail("tcp", start, Exit::tcp,
                    make_error(error, "no connection to " + report_.target + " (" + attempts + ")",
                               "is the server running, and is a firewall between?"));
    }

    void open_stream(Tcp::socket socket) {
        auto engine = value_or_usage(context_->make_engine(target()));
        StreamOptions options;
        options.handshake_deadline = runner_.left();
        options.verdict_deadline = runner_.left();
        stream_.emplace(CountedSocket(std::move(socket)), std::move(engine), options);
    }

    ClientTarget target() const {
        ClientTarget target;
        target.names = request_.names;
        target.sni = request_.sni;
        target.dial_address = request_.dial_name.empty() ? to_string(peer_) : request_.dial_name;
        target.dial_port = request_.where.port;
        return target;
    }

    /// Says whom a proxy would have the connection from.
    bool introduce() {
        if (!request_.proxy) return true;
        const auto start = Clock::now();
        const starttls::ProxyHeader::Addresses addresses{
            request_.proxy->source.value_or(proxy_endpoint(local_)), proxy_endpoint(peer_)};
        const auto dialogue = noted(value_or_usage(
            starttls::proxy_header_client({addresses, {}}, request_.proxy->version)));
        const std::error_code error = talk(*dialogue);
        const auto& [address, port] = addresses.source;
        if (!error)
            return stage("proxy", start, true, "named " + HostPort{address, port}.to_string());
        return fail("proxy", start, Exit::tcp,
                    make_error(error, "the PROXY header was not sent: " + error.message()));
    }

    std::unique_ptr<starttls::Dialogue> noted(std::unique_ptr<starttls::Dialogue> dialogue) {
        if (!request_.transcript) return dialogue;
        if (!transcript_) transcript_ = std::make_shared<Transcript>();
        report_.transcript = transcript_;
        return transcribed(std::move(dialogue), transcript_);
    }

    bool upgrade() {
        if (request_.starttls.empty()) return true;
        const auto start = Clock::now();
        auto dialogue = value_or_usage(starttls::make_client_dialogue(
            request_.starttls, {request_.domain, request_.client_name.value_or(
                                                     request_.starttls == "xmpp-server"
                                                         ? "localhost"
                                                         : address_literal(local_.address()))}));
        dialogue = noted(std::move(dialogue));
        const std::error_code error = talk(*dialogue);
        if (!error) {
            upgraded_ = dialogue->upgraded();
            const std::string offers = dialogue->offer_text().for_display();
            return stage("starttls", start, true,
                         offers.empty() ? "server takes TLS" : "server offers " + offers);
        }
        if (const ErrorDetail* detail = dialogue->last_error()) {
            return fail("starttls", start, Exit::starttls, *detail);
        }
        const bool late = error == asio::error::timed_out || error == Errc::handshake_timeout;
        return fail(
            "starttls", start, Exit::starttls,
            make_error(
                error,
                "STARTTLS (" + request_.starttls + "), step " + std::string(dialogue->step_name()) +
                    ": " + (late ? "no answer in time" : error.message()),
                late ? "is this a " + request_.starttls + " port? --timeout gives it longer" : ""));
    }

    /// Runs the dialogue to its end. What the peer sent beyond it is in `leftover_`.
    std::error_code talk(starttls::Dialogue& dialogue) {
        return runner_.wait(
            [&](auto done) {
                async_run_dialogue(*stream_, dialogue, {.dialogue_deadline = runner_.left()},
                                   [this, done](std::error_code ec, Bytes leftover) {
                                       leftover_ = std::move(leftover);
                                       done(ec);
                                   });
            },
            [this] { cancel(); });
    }

    bool secure() {
        const auto start = Clock::now();
        const std::error_code error = runner_.wait(
            [this](auto done) {
                if (request_.starttls.empty()) {
                    stream_->async_handshake(done);
                } else {
                    stream_->async_start_tls(Leftover(std::move(leftover_)), LeftoverPolicy::reject,
                                             done);
                }
            },
            [this] { cancel(); });
        report_.info = stream_->info();
        report_.evidence = stream_->evidence();
        if (asked_ && !report_.held) verify_time_ = Clock::now() - *asked_;
        // The time the verdict took is not the server's.
        const auto tls_start = start + verify_time_;
        if (!error) {
            stage("tls", tls_start, true, describe(*report_.info));
            note_bindings();
            return verified(true);
        }
        ErrorDetail detail = failure(error);
        // What the peer refused is not this side's judgement.
        const Exit exit = detail.alert_received ? Exit::tls : exit_for(detail);
        if (exit != Exit::certificate && exit != Exit::policy)
            return fail("tls", tls_start, exit, std::move(detail));
        // The handshake itself went as far as the verdict.
        stage("tls", tls_start, asked_.has_value(), describe(*report_.info));
        report_.error = with_hint(std::move(detail));
        report_.exit = static_cast<int>(exit);
        return verified(false);
    }

    void note_bindings() {
        for (const ChannelBindingType type :
             {ChannelBindingType::tls_exporter, ChannelBindingType::tls_unique,
              ChannelBindingType::tls_server_end_point}) {
            auto binding = channel_binding(stream_->engine(), type);
            if (binding) report_.bindings.push_back(*std::move(binding));
        }
    }

    /// The name that matched, and what the verifier has accepted nevertheless.
    std::string trusted_by() const {
        if (!report_.evidence) return "trusted";
        const std::string& by = report_.evidence->name.matched_by;
        std::string text = by.empty() ? "trusted" : "trusted, by " + by;
        std::string separator = ", despite ";
        for (const Finding& failure : report_.evidence->failures()) {
            text += separator + std::string(finding_name(failure.category)) + " at depth " +
                    std::to_string(failure.depth);
            separator = ", ";
        }
        return text;
    }

    bool verified(bool ok) {
        if (!asked_) return ok;
        report_.stages.push_back(
            {"verify", milliseconds(verify_time_), ok, ok ? trusted_by() : report_.error->what});
        return ok;
    }

    ErrorDetail failure(const std::error_code& error) const {
        const bool late = error == asio::error::timed_out || error == Errc::handshake_timeout;
        if (late && asked_ && !report_.held) {
            return make_error(Errc::verdict_timeout, "the verifier did not answer in time",
                              "--timeout gives it longer");
        }
        if (error == asio::error::timed_out) {
            return make_error(Errc::handshake_timeout,
                              "the TLS handshake with " + report_.target + " did not end in time",
                              "--timeout gives it longer");
        }
        if (const ErrorDetail* detail = stream_->last_error()) return *detail;
        return make_error(error,
                          "the connection to " + report_.target + " failed: " + error.message());
    }

    /// False: the connection is cut.
    bool converse() {
        if (!request_.interactive) return true;
        request_.interactive->on_secure(report_);
        if (interact(runner_, *stream_, {request_.interactive->crlf, request_.timeout}))
            return true;
        report_.close = "the server did not end its side in time";
        return false;
    }

    /// A TLS 1.3 server judges this side's certificate after the handshake: what it says then is part of the answer.
    void close() {
        StreamOptions options = stream_->options();
        options.shutdown_deadline = std::min(runner_.left(), std::chrono::milliseconds(2000));
        stream_->set_options(options);
        const std::error_code error = runner_.wait(
            [this](auto done) { stream_->async_shutdown(done); }, [this] { cancel(); });
        const ErrorDetail* detail = stream_->last_error();
        if (detail != nullptr && detail->alert_received) {
            report_.error = with_hint(*detail);
            report_.exit = static_cast<int>(Exit::tls);
            report_.stages.push_back({"confirm", 0, false, detail->what});
            return;
        }
        if (!error) {
            report_.close = "both sides said so";
        } else if (error == Errc::truncated) {
            report_.close = "the server ended the connection without close_notify";
        } else if (error == asio::error::timed_out) {
            report_.close = "the server did not answer close_notify in time";
        } else {
            report_.close = error.message();
        }
    }

    void cancel() {
        std::error_code ignored;
        stream_->lowest_layer().close(ignored);
    }

    const ProbeRequest& request_;
    Runner runner_;
    Report report_;
    std::shared_ptr<const ClientContext> context_;
    std::vector<Tcp::endpoint> endpoints_;
    Tcp::endpoint peer_;
    Tcp::endpoint local_;
    asio::steady_timer thinking_{runner_.context()};
    std::optional<Stream<CountedSocket>> stream_;
    Bytes leftover_;
    std::shared_ptr<Transcript> transcript_;
    bool upgraded_ = false;
    std::shared_ptr<CertificateVerifier> verifier_;
    std::optional<Clock::time_point> asked_;
    Clock::duration verify_time_{};
};

}  // namespace

Report probe(const ProbeRequest& request, const TlsBackend& backend) {
    return Probe(request, backend).run();
}

}  // namespace omnitls::tool
