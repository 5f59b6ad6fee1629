// SPDX-License-Identifier: BSL-1.0
// A dialogue around a dialogue: it hears everything and changes nothing.
#include "tools/omnitls/transcript.hpp"

#include <new>
#include <utility>

namespace omnitls::tool {
namespace {

using Kind = Transcript::Kind;

/// Bytes of a line that are printed.
constexpr std::size_t text_limit = std::size_t{4} * 1024;

class TranscribedDialogue final : public starttls::Dialogue {
public:
    TranscribedDialogue(std::unique_ptr<Dialogue> dialogue, std::shared_ptr<Transcript> transcript)
        : dialogue_(std::move(dialogue)), transcript_(std::move(transcript)) {}

    Step step(Input& in) noexcept override {
        const ConstBytes before = in.bytes;
        const std::string_view name = dialogue_->step_name();
        const Step result = dialogue_->step(in);
        note(Kind::received, name, before.first(before.size() - in.bytes.size()));
        return result;
    }
    ConstBytes output() const noexcept override { return dialogue_->output(); }
    void consume_output(std::size_t n) noexcept override {
        note(Kind::sent, dialogue_->step_name(), dialogue_->output().first(n));
        dialogue_->consume_output(n);
    }
    bool upgraded() const noexcept override { return dialogue_->upgraded(); }
    bool tls_may_follow() const noexcept override { return dialogue_->tls_may_follow(); }
    const ErrorDetail* last_error() const noexcept override { return dialogue_->last_error(); }
    std::string_view protocol() const noexcept override { return dialogue_->protocol(); }
    std::string_view step_name() const noexcept override { return dialogue_->step_name(); }
    starttls::UnauthenticatedText offer_text() const override { return dialogue_->offer_text(); }

private:
    void note(Kind kind, std::string_view name, ConstBytes bytes) noexcept {
        try {
            transcript_->note(kind, name, as_text(bytes));
        } catch (const std::bad_alloc&) {
            // The dialogue goes on: it matters more than what is told of it.
        }
    }

    std::unique_ptr<Dialogue> dialogue_;
    std::shared_ptr<Transcript> transcript_;
};

}  // namespace

void Transcript::note(Kind kind, std::string_view step, std::string_view bytes) {
    if (kind != open_.kind) end_line();
    for (const char c : bytes) {
        if (pending_.empty()) open_ = {kind, std::string(step), {}};
        pending_ += c;
        // What ends in anything else is no line: a packet may have any byte in it.
        if (c == '\n' && pending_.ends_with("\r\n")) end_line();
    }
}

void Transcript::end_line() {
    if (pending_.empty()) return;
    std::string_view line = pending_;
    if (line.ends_with("\r\n")) line.remove_suffix(2);
    open_.text = escape_untrusted(line, text_limit);
    lines_.push_back(std::exchange(open_, {}));
    pending_.clear();
}

void Transcript::finish(bool upgraded, std::optional<ProtocolVersion> version) {
    end_line();
    if (!upgraded) return;
    std::string name = "TLS";
    if (version) name += *version == ProtocolVersion::tls12 ? " 1.2" : " 1.3";
    boundary(name + " starts here");
}

void Transcript::boundary(std::string text) {
    lines_.push_back({Kind::boundary, {}, std::move(text)});
}

std::unique_ptr<starttls::Dialogue> transcribed(std::unique_ptr<starttls::Dialogue> dialogue,
                                                std::shared_ptr<Transcript> transcript) {
    return std::make_unique<TranscribedDialogue>(std::move(dialogue), std::move(transcript));
}

void print(std::ostream& out, const Transcript& transcript) {
    for (const Transcript::Line& line : transcript.lines()) {
        if (line.kind == Kind::boundary) {
            out << "---- " << line.text << " ----\n";
        } else {
            out << (line.kind == Kind::sent ? "-> [" : "<- [") << line.step << "] " << line.text
                << '\n';
        }
    }
}

Json to_json(const Transcript& transcript) {
    Json lines = Json::array();
    for (const Transcript::Line& line : transcript.lines()) {
        if (line.kind == Kind::boundary) {
            lines.push_back({{"boundary", line.text}});
        } else {
            lines.push_back({{"direction", line.kind == Kind::sent ? "sent" : "received"},
                             {"step", line.step},
                             {"text", line.text}});
        }
    }
    return lines;
}

}  // namespace omnitls::tool
