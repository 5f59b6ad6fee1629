// SPDX-License-Identifier: BSL-1.0
// The source: an inbox, and the thread that empties it.
#include "unbound/inbox.hpp"
#include "unbound/resolver.hpp"
#include <omnitls/unbound/tlsa_source.hpp>

#include <system_error>
#include <thread>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using unbound_native::Inbox;
using unbound_native::Resolver;

class UnboundSource final : public TlsaSource {
public:
    UnboundSource(unbound_native::ContextPtr context, const UnboundOptions& options)
        : inbox_(std::make_shared<Inbox>()),
          thread_([resolver = std::make_unique<Resolver>(std::move(context), inbox_, options)] {
              resolver->run();
          }) {}
    UnboundSource(const UnboundSource&) = delete;
    UnboundSource& operator=(const UnboundSource&) = delete;
    ~UnboundSource() override {
        inbox_->quit();
        // The last pointer may have been in a `done`: a thread cannot wait for itself, and needs nothing of this object.
        if (thread_.get_id() == std::this_thread::get_id()) {
            thread_.detach();
        } else {
            thread_.join();
        }
    }
    void lookup(std::string name, std::stop_token stop,
                std::function<void(TlsaAnswer)> done) override {
        inbox_->add({std::move(name), std::move(stop), std::move(done)});
    }

private:
    const std::shared_ptr<Inbox> inbox_;
    std::thread thread_;
};

}  // namespace

Result<std::shared_ptr<TlsaSource>> unbound_tlsa(const UnboundOptions& options) {
    auto context = unbound_native::make_context(options);
    if (!context) return std::move(context).error();
    try {
        return std::make_shared<UnboundSource>(*std::move(context), options);
    } catch (const std::system_error& error) {
        return make_error(error.code(), std::string("a source of TLSA records: ") + error.what());
    }
}

}  // namespace omnitls::inline v0
