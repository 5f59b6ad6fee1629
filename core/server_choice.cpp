// SPDX-License-Identifier: BSL-1.0
// Answers to a ClientHello, and choosers made of functions.
#include <omnitls/server_choice.hpp>

#include <utility>

namespace omnitls::inline v0 {
namespace {

class FunctionChooser final : public ServerChooser {
public:
    explicit FunctionChooser(std::function<void(ClientHelloQuestion)> choose)
        : choose_(std::move(choose)) {}
    void choose(ClientHelloQuestion question) override { choose_(std::move(question)); }

private:
    std::function<void(ClientHelloQuestion)> choose_;
};

}  // namespace

ServerChoice ServerChoice::use(std::shared_ptr<const ServerContext> context) {
    ServerChoice choice;
    choice.kind_ = Kind::use;
    choice.context_ = std::move(context);
    return choice;
}

ServerChoice ServerChoice::keep() noexcept {
    ServerChoice choice;
    choice.kind_ = Kind::keep;
    return choice;
}

ServerChoice ServerChoice::refused(Alert alert, std::string text) {
    ServerChoice choice;
    choice.alert_ = alert;
    choice.text_ = std::move(text);
    return choice;
}

std::shared_ptr<ServerChooser> make_async_chooser(std::function<void(ClientHelloQuestion)> choose) {
    return std::make_shared<FunctionChooser>(std::move(choose));
}

std::shared_ptr<ServerChooser> make_chooser(
    std::function<ServerChoice(const ClientHello&)> choose) {
    return make_async_chooser([choose = std::move(choose)](ClientHelloQuestion question) {
        ServerChoice choice = choose(question.request());
        std::move(question).answer(std::move(choice));
    });
}

}  // namespace omnitls::inline v0
