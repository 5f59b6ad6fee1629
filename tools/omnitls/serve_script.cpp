// SPDX-License-Identifier: BSL-1.0
// Two short scripts.
#include "tools/omnitls/serve_script.hpp"

#include <algorithm>
#include <cctype>

namespace omnitls::tool {
namespace {

constexpr std::size_t longest_request = 4096;

class SmtpScript final : public ServeScript {
public:
    std::string greeting() override { return "220 omnitls test server\r\n"; }
    ScriptStep step(std::string& received) override {
        const std::size_t end = received.find("\r\n");
        if (end == std::string::npos) {
            const bool too_long = received.size() > longest_request;
            return {too_long ? "500 line too long\r\n" : "",
                    too_long ? ScriptStep::Then::close : ScriptStep::Then::read};
        }
        std::string command = received.substr(0, end);
        received.erase(0, end + 2);
        std::transform(command.begin(), command.end(), command.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        if (command.starts_with("EHLO ")) return {"250-omnitls test server\r\n250 STARTTLS\r\n"};
        if (command == "STARTTLS") return {"220 go ahead\r\n", ScriptStep::Then::start_tls};
        if (command == "QUIT") return {"221 bye\r\n", ScriptStep::Then::close};
        return {"502 this server only upgrades\r\n"};
    }
};

class XmppScript final : public ServeScript {
public:
    std::string greeting() override { return {}; }
    ScriptStep step(std::string& received) override {
        const std::string_view wanted = opened_ ? "<starttls" : "<stream:stream";
        const std::size_t begin = received.find(wanted);
        const std::size_t end = begin == std::string::npos ? begin : received.find('>', begin);
        if (end == std::string::npos) {
            return {{},
                    received.size() > longest_request ? ScriptStep::Then::close
                                                      : ScriptStep::Then::read};
        }
        received.erase(0, end + 1);
        if (opened_) {
            return {"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                    ScriptStep::Then::start_tls};
        }
        opened_ = true;
        return {
            "<?xml version='1.0'?><stream:stream id='omnitls' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls "
            "xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"};
    }

private:
    bool opened_ = false;
};

}  // namespace

std::unique_ptr<ServeScript> make_serve_script(std::string_view protocol) {
    if (protocol == "smtp") return std::make_unique<SmtpScript>();
    if (protocol == "xmpp") return std::make_unique<XmppScript>();
    return nullptr;
}

}  // namespace omnitls::tool
