// SPDX-License-Identifier: BSL-1.0
// FTP (RFC 959, RFC 2428, RFC 4217): a directory with one file, passive data connections, and the way back to plain text.
#include "tools/omnitls/served/line_service.hpp"

#include <algorithm>

namespace omnitls::tool {
namespace {

constexpr std::string_view file_name = "hello.txt";
constexpr std::string_view file = "Hello from omnitls serve.\r\n";

class Ftp final : public LineService {
public:
    explicit Ftp(ServiceTerms terms) : LineService("ftp", std::move(terms)) {
        if (this->terms().greets) reply("220 " + this->terms().name);
    }

private:
    void on_line(std::string_view line) override {
        if (!count_command()) return;
        const auto* const verb = find_verb(verbs, take_word(line));
        if (verb == nullptr) return reply("502 there is no such command");
        if (verb->needs_login && !logged_in()) return reply("530 log in first");
        (this->*verb->run)(line);
    }

    void ok(std::string_view) { reply("200 ok"); }
    void auth(std::string_view) {
        reply(is_plain() ? "534 not a second time" : "503 TLS is there already");
    }
    void feat(std::string_view) {
        reply("211-Features:\r\n CCC\r\n EPSV\r\n PBSZ\r\n PROT\r\n SIZE\r\n UTF8\r\n211 End");
    }
    void syst(std::string_view) { reply("215 UNIX Type: L8"); }
    void user(std::string_view name) {
        if (name.empty() || logged_in()) return reply("503 not now");
        user_ = name;
        reply("331 and the password?");
    }
    void pass(std::string_view password) {
        const std::string name = std::exchange(user_, {});
        if (name.empty()) return reply("503 USER first");
        reply(log_in(name, password) ? "230 logged in" : "530 not let in");
    }

    // RFC 4217 §8, §9: with TLS the buffer has no size, and data connections are as PROT says. §5: what it has said before CCC stays.
    void pbsz(std::string_view size) {
        if (is_plain()) return reply("503 not after CCC");
        buffer_said_ = size == "0";
        reply(buffer_said_ ? "200 PBSZ=0" : "501 PBSZ 0 it is");
    }
    void prot(std::string_view level) {
        if (!buffer_said_ || is_plain()) return reply("503 PBSZ first, and not after CCC");
        const bool clear = same_word(level, "C");
        if (!clear && !same_word(level, "P")) return reply("536 there are C and P");
        private_ = !clear;
        reply(private_ ? "200 private" : "200 clear");
    }
    // RFC 4217 §5. Whoever logged in over TLS has shown the password to nobody else; who has not would have to do it in plain text.
    void ccc(std::string_view) {
        if (is_plain()) return reply("533 this is plain text already");
        if (!logged_in()) return reply("534 log in first");
        reply("200 plain text from here on");
        send_on({.kind = Errand::Kind::stop_tls, .tls = false, .bytes = {}});
    }

    void pwd(std::string_view) { reply("257 \"/\" and nothing else"); }
    void cwd(std::string_view directory) {
        reply(directory == "/" ? "250 ok" : "550 there is only /");
    }
    void type(std::string_view type) {
        const bool known = same_word(type, "A") || same_word(type, "I") || same_word(type, "A N");
        reply(known ? "200 ok" : "504 A and I");
    }

    // RFC 2428 §3, §4. The connection knows which network protocol this is.
    void epsv(std::string_view argument) {
        if (same_word(argument, "ALL")) {
            only_extended_ = true;
            return reply("200 EPSV it is");
        }
        if (argument.find_first_not_of("0123456789") != std::string_view::npos)
            return reply("501 EPSV, EPSV 1, EPSV 2, EPSV ALL");
        listen(true, argument);
    }
    void pasv(std::string_view) {
        if (only_extended_) return reply("503 not after EPSV ALL");
        listen(false, "1");
    }
    void listen(bool extended, std::string_view network) {
        extended_ = extended;
        network_ = network;
        listening_ = false;
        send_on({.kind = Errand::Kind::listen, .tls = false, .bytes = {}});
    }
    void listens(const ErrandResult& result) {
        if (result.outcome != ErrandResult::Outcome::done) return reply("425 there is no port");
        const bool v6 = result.address.find(':') != std::string::npos;
        const std::string network = v6 ? "2" : "1";
        if (!network_.empty() && network_ != network)
            return reply("522 another network protocol: EPSV, (" + network + ")");
        listening_ = true;
        const std::string port = std::to_string(result.port);
        if (extended_) return reply("229 here: (|||" + port + "|)");
        std::string host = result.address;
        std::ranges::replace(host, '.', ',');
        reply("227 here: (" + host + ',' + std::to_string(result.port / 256) + ',' +
              std::to_string(result.port % 256) + ')');
    }

    // RFC 959 §5.4. There is one directory, so nobody has to say which.
    void list(std::string_view) {
        const std::string size = std::to_string(file.size());
        send("-r--r--r-- 1 omnitls omnitls " + size + " Jan  1  2026 " + std::string(file_name) +
             "\r\n");
    }
    void nlst(std::string_view) { send(std::string(file_name) + "\r\n"); }
    void size(std::string_view name) {
        reply(is_file(name) ? "213 " + std::to_string(file.size()) : "550 there is no such file");
    }
    void retr(std::string_view name) {
        if (!is_file(name)) return reply("550 there is no such file");
        send(std::string(file));
    }
    void stor(std::string_view name) {
        if (name.empty()) return reply("501 and its name?");
        transfer(Errand::Kind::receive, {});
    }
    static bool is_file(std::string_view name) {
        if (name.starts_with('/')) name.remove_prefix(1);
        return name == file_name;
    }
    void send(std::string bytes) { transfer(Errand::Kind::send, std::move(bytes)); }
    void transfer(Errand::Kind kind, std::string bytes) {
        if (!std::exchange(listening_, false)) return reply("425 PASV or EPSV first");
        reply("150 go on");
        send_on({.kind = kind, .tls = private_, .bytes = std::move(bytes)});
    }
    void transferred(const Errand& errand, const ErrandResult& result) {
        using Outcome = ErrandResult::Outcome;
        if (result.outcome != Outcome::done) {
            noted().transfer_error = result.error;
            // What TLS has come to on a data connection is said here; vsftpd, too, says 522.
            return reply(result.outcome == Outcome::no_connection ? "425 nobody has come"
                         : result.outcome == Outcome::no_tls      ? "522 without TLS nothing"
                                                                  : "426 cut off");
        }
        Transfers& transfers = errand.tls ? noted().over_tls : noted().in_plain_text;
        ++transfers.count;
        transfers.bytes += result.bytes;
        reply(errand.kind == Errand::Kind::send ? "226 that was it" : "226 taken and thrown away");
    }

    void on_done(const Errand& errand, const ErrandResult& result) override {
        if (errand.kind == Errand::Kind::listen) return listens(result);
        if (errand.kind != Errand::Kind::stop_tls) transferred(errand, result);
    }

    void quit(std::string_view) {
        reply("221 bye");
        leave();
    }

    static constexpr Verb<Ftp> verbs[] = {
        {"USER", &Ftp::user},       {"PASS", &Ftp::pass},       {"AUTH", &Ftp::auth},
        {"FEAT", &Ftp::feat},       {"SYST", &Ftp::syst},       {"NOOP", &Ftp::ok},
        {"PBSZ", &Ftp::pbsz},       {"PROT", &Ftp::prot},       {"CCC", &Ftp::ccc},
        {"QUIT", &Ftp::quit},       {"PWD", &Ftp::pwd, true},   {"CWD", &Ftp::cwd, true},
        {"TYPE", &Ftp::type, true}, {"EPSV", &Ftp::epsv, true}, {"PASV", &Ftp::pasv, true},
        {"LIST", &Ftp::list, true}, {"NLST", &Ftp::nlst, true}, {"SIZE", &Ftp::size, true},
        {"RETR", &Ftp::retr, true}, {"STOR", &Ftp::stor, true},
    };

    std::string user_;  ///< Of USER, until PASS.
    bool buffer_said_ = false;
    bool private_ = false;        ///< PROT P: data connections are TLS.
    bool only_extended_ = false;  ///< EPSV ALL.
    bool extended_ = false;       ///< The question was EPSV.
    std::string network_;         ///< Of EPSV: "1" or "2"; empty: that of the connection.
    bool listening_ = false;
};

}  // namespace

std::unique_ptr<Service> make_ftp_service(ServiceTerms terms) {
    return std::make_unique<Ftp>(std::move(terms));
}

}  // namespace omnitls::tool
