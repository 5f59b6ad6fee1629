// SPDX-License-Identifier: BSL-1.0
// Event by event, so that nothing is built of what is refused: the parser calls with each thing it reads, and stops at a false.
#include "verifiers/json.hpp"

#include "verifiers/file.hpp"

#include <nlohmann/json.hpp>

namespace omnitls::inline v0::verifiers {
namespace {

using nlohmann::json;

class ListReader final : public json::json_sax_t {
public:
    const std::string& fault() const noexcept { return fault_; }
    StringLists& lists() noexcept { return lists_; }

    bool null() override { return unexpected("null"); }
    bool boolean(bool) override { return unexpected("a boolean"); }
    bool number_integer(number_integer_t) override { return unexpected("a number"); }
    bool number_unsigned(number_unsigned_t) override { return unexpected("a number"); }
    bool number_float(number_float_t, const string_t&) override { return unexpected("a number"); }
    bool binary(binary_t&) override { return unexpected("binary data"); }
    bool string(string_t& text) override {
        if (!list_) return unexpected("a string");
        if (list_->size() == kMaxValues) {
            return refuse(place() + ": more than " + std::to_string(kMaxValues) + " entries");
        }
        list_->push_back(std::move(text));
        return true;
    }
    bool start_object(std::size_t) override {
        if (inside_) return unexpected("an object");
        return inside_ = true;
    }
    bool key(string_t& name) override {
        if (lists_.size() == kMaxKeys) {
            return refuse("more than " + std::to_string(kMaxKeys) + " keys");
        }
        const auto [at, is_new] = lists_.try_emplace(name);
        key_ = &at->first;
        return is_new || refuse(place() + ": comes twice");
    }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override {
        if (!key_ || list_) return unexpected("an array");
        list_ = &lists_[*key_];
        return true;
    }
    bool end_array() override {
        list_ = nullptr;
        key_ = nullptr;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
        return refuse("no JSON from byte " + std::to_string(position) + " on");
    }

private:
    std::string place() const {
        if (!key_) return "the whole text";
        const std::string text = "\"" + escape_untrusted(*key_, 128) + "\"";
        return list_ ? text + ", entry " + std::to_string(list_->size() + 1) : text;
    }
    bool unexpected(const char* found) {
        return refuse(place() + ": wanted " +
                      (list_     ? "a string"
                       : key_    ? "an array"
                       : inside_ ? "a key"
                                 : "an object") +
                      ", found " + found);
    }
    bool refuse(std::string fault) {
        fault_ = std::move(fault);
        return false;
    }

    StringLists lists_;
    bool inside_ = false;
    const std::string* key_ = nullptr;          ///< Whose value is read; its array ends that.
    std::vector<std::string>* list_ = nullptr;  ///< The array that is read.
    std::string fault_;
};

}  // namespace

Result<StringLists> read_string_lists(std::string_view text, const std::string& source) {
    if (text.size() > kMaxFile) {
        return make_error(Errc::bad_input,
                          source + ": more than " + std::to_string(kMaxFile) + " bytes");
    }
    ListReader reader;
    if (json::sax_parse(text.begin(), text.end(), &reader)) return std::move(reader.lists());
    return make_error(Errc::bad_input, source + ": " + reader.fault());
}

std::string write_string_lists(const StringLists& lists) {
    std::string text = json(lists).dump(1, ' ', false, json::error_handler_t::replace);
    return text + '\n';
}

}  // namespace omnitls::inline v0::verifiers
