// SPDX-License-Identifier: BSL-1.0
// Misuse by the program: calls in an order that the contract does not allow. They say so and change nothing.
#include "tests/conformance/causes.hpp"

#include <array>

namespace omnitls::test {
namespace {

std::string code_of(const Step& step) {
    return step.error ? std::string(errc_name(static_cast<Errc>(step.error.value()))) : "done";
}

Step read_from(Side& side) {
    std::array<std::uint8_t, 64> buffer{};
    const MutableBytes out(buffer);
    Input in{};
    return side.engine->read(in, {&out, 1});
}

std::string export_from(Side& side, std::string_view label, std::size_t size) {
    const auto out = side.engine->export_keying_material(label, std::nullopt, size);
    return out ? "done" : std::string(errc_name(static_cast<Errc>(out.error().code.value())));
}

/// What a call before the handshake says, and that the handshake then ends well.
auto too_early(std::function<std::string(Side&)> call) {
    return [call = std::move(call)](Scene& scene) {
        const std::string said = call(scene.victim());
        scene.settle();
        scene.said = said + "; " + scene.outcome();
    };
}

auto once_open(std::function<std::string(Scene&)> call) {
    return [call = std::move(call)](Scene& scene) {
        scene.open();
        const std::string said = call(scene);
        scene.settle();
        scene.said = said + "; " + scene.outcome();
    };
}

}  // namespace

const std::vector<Cause>& causes_of_use() {
    static const std::vector<Cause> causes{
        {"write_before_open", On::both,
         too_early([](Side& s) { return code_of(s.write("early")); })},
        {"read_before_open", On::both, too_early([](Side& s) { return code_of(read_from(s)); })},
        {"close_before_open", On::both,
         too_early([](Side& s) { return code_of(s.engine->close_notify()); })},
        {"export_before_open", On::both,
         too_early([](Side& s) { return export_from(s, "EXPORTER-x", 32); })},
        {"export_of_a_reserved_label", On::both,
         once_open([](Scene& s) { return export_from(s.victim(), "master secret", 32); }),
         "exporter"},
        {"export_of_nothing", On::both,
         once_open([](Scene& s) { return export_from(s.victim(), "EXPORTER-x", 0); }), "exporter"},
        {"handshake_once_open", On::both, once_open([](Scene& s) {
             Input in{};
             return code_of(s.victim().engine->handshake(in));
         })},
        {"write_after_close_notify", On::both, once_open([](Scene& s) {
             s.victim().engine->close_notify();
             return code_of(s.victim().write("late"));
         })},
        {"close_notify_twice", On::both, once_open([](Scene& s) {
             s.victim().engine->close_notify();
             const std::size_t size = s.victim().engine->output_size();
             return code_of(s.victim().engine->close_notify()) +
                    (s.victim().engine->output_size() == size ? " once" : " twice");
         })},
        {"read_after_the_end", On::both, once_open([](Scene& s) {
             s.peer().engine->close_notify();
             s.settle();
             return code_of(read_from(s.victim()));
         })},
        {"every_call_after_a_failure", On::both, once_open([](Scene& s) {
             s.peer().write("data");
             Bytes b = s.peer().take();
             b.back() ^= 1U;
             s.victim().feed(b);
             Input in{};
             return code_of(s.victim().write("late")) + " " + code_of(read_from(s.victim())) + " " +
                    code_of(s.victim().engine->close_notify()) + " " +
                    code_of(s.victim().engine->handshake(in));
         })},
    };
    return causes;
}

}  // namespace omnitls::test
