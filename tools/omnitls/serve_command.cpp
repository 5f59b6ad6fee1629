// SPDX-License-Identifier: BSL-1.0
// `omnitls serve`: a TLS server for tests and demonstrations, on the loopback address unless told otherwise.
#include "tools/omnitls/backends.hpp"
#include "tools/omnitls/commands.hpp"
#include "tools/omnitls/endpoint.hpp"
#include "tools/omnitls/options.hpp"
#include "tools/omnitls/report.hpp"
#include "tools/omnitls/serve_dialogue.hpp"
#include "tools/omnitls/served_connection.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <iostream>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

namespace omnitls::tool {
namespace {

using Tcp = asio::ip::tcp;

struct ServeOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string cert;
    std::string key;
    std::string backend;
    std::string client_auth = "none";
    std::string client_ca;
    ServerStarttls starttls;
    std::string tls;
    std::string key_log;
    std::vector<std::string> alpn;
    AlgorithmOptions algorithms;
    unsigned timeout = 60;
    bool echo = false;
    bool once = false;
    bool json = false;
    bool proxy_header = false;
};

/// More connections than this wait in the kernel's queue.
constexpr std::size_t most_connections = 256;

ServerConfig make_config(const ServeOptions& options) {
    ServerConfig config;
    config.identity = value_or_usage(Identity::from_files(options.cert, options.key));
    if (options.client_auth == "request") config.client_auth = ClientAuth::request;
    if (options.client_auth == "require") config.client_auth = ClientAuth::require;
    if (!options.client_ca.empty()) {
        config.client_trust = value_or_usage(TrustAnchors::from_file(options.client_ca));
    }
    if (!options.key_log.empty()) config.key_log = value_or_usage(key_log_file(options.key_log));
    config.versions = parse_versions(options.tls);
    config.alpn = options.alpn;
    config.keep_evidence = true;  // It is printed.
    options.algorithms.apply_to(config);
    return config;
}

std::string counted(std::uint64_t number, std::string_view what) {
    return std::to_string(number) + ' ' + std::string(what) + (number == 1 ? "" : "s");
}

std::string alerts_text(const ErrorDetail& error) {
    std::string text;
    const auto tell = [&](std::string_view way, const std::optional<Alert>& alert) {
        if (alert) text.append(" (alert ").append(way).append(alert_name(*alert)) += ')';
    };
    tell("received: ", error.alert_received);
    tell("sent: ", error.alert_sent);
    return text;
}

std::string transfers_text(const Transfers& transfers, std::string_view how) {
    if (transfers.count == 0) return {};
    return ", " + counted(transfers.count, "transfer") + " of " + counted(transfers.bytes, "byte") +
           std::string(how);
}

/// What the client did in the protocol inside TLS, and after it.
std::string service_text(const ServiceReport& report) {
    std::string text =
        report.login ? "login \"" + escape_untrusted(*report.login) + '"' : "no login";
    text += ", " + counted(report.commands, "command");
    if (report.plain_commands != 0)
        text += " (" + std::to_string(report.plain_commands) + " after TLS in plain text)";
    if (report.messages != 0) {
        text += ", " + counted(report.messages, "message") + " of " +
                counted(report.message_bytes, "byte");
    }
    text += transfers_text(report.over_tls, " over TLS") +
            transfers_text(report.in_plain_text, " in plain text");
    if (const auto& error = report.transfer_error)
        text += ", data connection: " + error->what + alerts_text(*error);
    return text;
}

Json transfers_json(const Transfers& transfers) {
    return {{"count", transfers.count}, {"bytes", transfers.bytes}};
}

Json service_json(const ServiceReport& report) {
    return {{"login", report.login ? Json(escape_untrusted(*report.login)) : Json(nullptr)},
            {"commands", report.commands},
            {"messages", report.messages},
            {"message_bytes", report.message_bytes},
            {"plain_commands", report.plain_commands},
            {"transfers_over_tls", transfers_json(report.over_tls)},
            {"transfers_in_plain_text", transfers_json(report.in_plain_text)},
            {"transfer_error",
             report.transfer_error ? error_json(*report.transfer_error) : Json(nullptr)}};
}

std::string proxy_text(const starttls::ProxyHeader& header) {
    if (!header.addresses) return "proxy of nobody";
    const auto& [source, destination] = *header.addresses;
    return "proxy of " + HostPort{source.address, source.port}.to_string() + " to " +
           HostPort{destination.address, destination.port}.to_string();
}

/// An object without addresses: there was a header, and it named nobody.
Json proxy_json(const starttls::ProxyHeader& header) {
    Json json = Json::object();
    if (!header.addresses) return json;
    const auto& [source, destination] = *header.addresses;
    json["source"] = {{"address", source.address}, {"port", source.port}};
    json["destination"] = {{"address", destination.address}, {"port", destination.port}};
    return json;
}

void print_text(const ServedResult& result) {
    std::cout << "connection " << result.number << " from " << result.peer
              << (result.proxy ? ", " + proxy_text(*result.proxy) : "") << ": ";
    if (result.secure) {
        std::cout << describe(result.info) << ", ";
        if (result.evidence && result.evidence->peer.leaf() != nullptr) {
            std::cout << "client " << result.evidence->peer.leaf()->describe() << ", ";
        }
        if (result.service) std::cout << service_text(*result.service) << ", ";
        std::cout << result.bytes_in << " bytes in, " << result.bytes_out << " bytes out, ";
    }
    std::cout << (result.error ? result.error->what : result.end);
    if (result.error) std::cout << alerts_text(*result.error);
    std::cout << '\n';
    if (result.transcript) print(std::cout, *result.transcript);
    std::cout.flush();
}

void print_json(const ServedResult& result, const TlsBackend& backend) {
    Json json = {{"event", "connection"},
                 {"number", result.number},
                 {"peer", result.peer},
                 {"proxy", result.proxy ? proxy_json(*result.proxy) : Json(nullptr)},
                 {"secure", result.secure},
                 {"transcript", result.transcript ? to_json(*result.transcript) : Json(nullptr)},
                 {"tls", to_json(result.info)},
                 {"evidence", result.evidence ? evidence_json(*result.evidence, backend.crypto())
                                              : Json(nullptr)},
                 {"service", result.service ? service_json(*result.service) : Json(nullptr)},
                 {"bytes_in", result.bytes_in},
                 {"bytes_out", result.bytes_out},
                 {"end", result.end},
                 {"error", result.error ? error_json(*result.error) : Json(nullptr)}};
    std::cout << json.dump() << std::endl;
}

class Server {
public:
    explicit Server(const ServeOptions& options)
        : options_(options),
          backend_(select_backend(options.backend)),
          context_(value_or_usage(backend_.make_server_context(make_config(options)))),
          acceptor_(io_),
          signals_(io_, SIGINT, SIGTERM) {
        // A name that cannot be used is an error now, and not with the first client.
        options_.starttls.check();
        make_serve_dialogue(options_.starttls, backend_.crypto());
    }

    void run() {
        listen();
        signals_.async_wait([this](const std::error_code& ec, int) {
            if (!ec) stop();
        });
        accept();
        io_.run();
    }

private:
    void listen() {
        std::error_code ec;
        const auto address = asio::ip::make_address(options_.address, ec);
        const Tcp::endpoint endpoint(address, options_.port);
        if (!ec) acceptor_.open(endpoint.protocol(), ec);
        if (!ec) acceptor_.set_option(Tcp::acceptor::reuse_address(true), ec);
        if (!ec) acceptor_.bind(endpoint, ec);
        if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
        if (ec) {
            throw Failure(
                Exit::usage,
                make_error(
                    ec,
                    "cannot listen on " + escape_untrusted(options_.address) + " port " +
                        std::to_string(options_.port) + ": " + ec.message(),
                    "--address wants an address of this machine, --port a free port (0: any)"));
        }
        const Tcp::endpoint local = acceptor_.local_endpoint();
        if (options_.json) {
            std::cout << Json{{"event", "listening"},
                              {"address", local.address().to_string()},
                              {"port", local.port()},
                              {"backend", backend_.name()}}
                             .dump()
                      << std::endl;
        } else {
            std::cout << "listening " << to_string(local) << std::endl;
        }
    }

    void accept() {
        if (accepting_ || stopping_ || connections_.size() >= most_connections) return;
        if (options_.once && next_number_ > 1) return;
        accepting_ = true;
        acceptor_.async_accept([this](const std::error_code& ec, Tcp::socket socket) {
            accepting_ = false;
            if (stopping_) return;
            if (ec) return retry_later();
            serve(std::move(socket));
            accept();
        });
    }

    /// E.g. out of file descriptors: a connection that ends makes room, or time does.
    void retry_later() {
        retry_.expires_after(std::chrono::milliseconds(100));
        retry_.async_wait([this](const std::error_code& ec) {
            if (!ec) accept();
        });
    }

    void serve(Tcp::socket socket) {
        std::error_code ec;
        const Tcp::endpoint peer = socket.remote_endpoint(ec);
        if (!ec) socket.set_option(Tcp::no_delay(true), ec);
        auto engine = context_->make_engine();
        if (ec || !engine) return;  // Gone already, or no memory: the next one may do better.
        const std::uint64_t number = next_number_++;
        auto connection = std::make_shared<ServedConnection>(
            std::move(socket), to_string(peer), std::move(*engine),
            ServedConnection::Words{
                make_serve_dialogue(options_.starttls, backend_.crypto()),
                options_.echo ? nullptr : make_served(options_.starttls, backend_.crypto())},
            ServedConnection::Settings{number, options_.echo, options_.starttls.transcript,
                                       options_.proxy_header,
                                       std::chrono::seconds(options_.timeout), context_},
            [this](const ServedResult& result) { on_end(result); });
        connections_.emplace(number, connection);
        connection->start();
    }

    void on_end(const ServedResult& result) {
        if (options_.json) {
            print_json(result, backend_);
        } else {
            print_text(result);
        }
        connections_.erase(result.number);
        if (options_.once) return stop();
        accept();
    }

    void stop() {
        stopping_ = true;
        std::error_code ignored;
        acceptor_.close(ignored);
        signals_.cancel(ignored);
        retry_.cancel();
        for (const auto& [number, connection] : connections_) connection->stop();
    }

    const ServeOptions& options_;
    const TlsBackend& backend_;
    std::shared_ptr<const ServerContext> context_;
    asio::io_context io_{1};
    Tcp::acceptor acceptor_;
    asio::signal_set signals_;
    asio::steady_timer retry_{io_};
    std::map<std::uint64_t, std::shared_ptr<ServedConnection>> connections_;
    std::uint64_t next_number_ = 1;
    bool accepting_ = false;
    bool stopping_ = false;
};

}  // namespace

void add_serve_command(CLI::App& app, Exit&) {
    CLI::App* command = app.add_subcommand("serve", "Serve TLS; prints a line per connection");
    const auto options = std::make_shared<ServeOptions>();
    command->add_option("--port", options->port, "Port; 0: any free one")->required();
    command->add_option("--address", options->address, "Address to listen on")
        ->capture_default_str();
    command->add_option("--cert", options->cert, "Certificate chain (PEM), leaf first")->required();
    command->add_option("--key", options->key, "Private key (PEM)")->required();
    command->add_option("--backend", options->backend, "Name of a backend");
    command->add_option("--client-auth", options->client_auth, "Ask clients for a certificate")
        ->check(CLI::IsMember({"none", "request", "require"}))
        ->capture_default_str();
    command->add_option("--client-ca", options->client_ca, "Authorities for clients (PEM)");
    command->add_flag("--proxy-header", options->proxy_header,
                      "Clients begin with a PROXY header (v1 or v2); without one they are refused");
    options->starttls.add_to(*command);
    command->add_option("--alpn", options->alpn, "Application protocols to accept")->delimiter(',');
    command->add_option("--tls", options->tls, "Only this version")
        ->check(CLI::IsMember({"1.2", "1.3"}));
    options->algorithms.add_to(*command);
    command
        ->add_option("--key-log", options->key_log,
                     "Append every connection's secrets to FILE, for tools that decrypt captures")
        ->type_name("FILE");
    command
        ->add_option("--timeout", options->timeout,
                     "Seconds for the handshake, and for a silence after it")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    command->add_flag("--echo", options->echo,
                      "Send back what comes inside TLS; else the protocol is answered, or it is "
                      "thrown away");
    command->add_flag("--once", options->once, "End after one connection");
    command->add_flag("--json", options->json, "Print JSON, a line per event");
    command->callback([options] {
        if (options->client_auth != "none" && options->client_ca.empty()) {
            throw CLI::RequiredError("--client-ca (with --client-auth)");
        }
        if (options->client_auth == "none" && !options->client_ca.empty()) {
            throw CLI::RequiredError("--client-auth request or require (with --client-ca)");
        }
        Server(*options).run();
    });
}

}  // namespace omnitls::tool
