#include "contenttrust/json/windows.hpp"

#include <string>

#include "contenttrust/json/text.hpp"

namespace contenttrust::json {
namespace {

constexpr std::size_t window_size = 64 * 1024;  // what is made of one stays in a core's cache
constexpr unsigned inner_level = 3;             // of nesting: the document, `outer`, `inner`
constexpr int guesses = 8;

/// A run of members as an object of its own.
///
/// Why this is the document: where `{` a `}`, `{` b `}` and the document with `{}` in the place of the object are valid
/// JSON each, so is the document with `{` a `,` b `}` there, and it has the same members. So a cut may be guessed, and
/// needs no proof but that every piece is valid.
class Window {
  public:
    bool read(std::string_view run) {
        text_.clear();
        text_ += '{';
        text_ += run;
        text_ += '}';
        auto document = Document::parse(text_, inner_level);
        if (!document || !document.value().has_plain_integers()) return false;
        document_ = std::move(document).value();
        return true;
    }

    bool give(const std::function<bool(const Members::Member&)>& take) {
        auto members = document_->root().members();
        auto member = members.next();
        if (!member) return !began_;  // no run of several is empty
        std::string_view last = last_;
        for (; member; member = members.next()) {
            // In order, no two of different windows can be equal.
            if ((began_ && member->name <= last) || !take(*member)) return false;
            last = member->name;
            began_ = true;
        }
        last_ = std::string(last);
        return true;
    }

  private:
    std::string text_;
    std::optional<Document> document_;
    std::string last_;
    bool began_ = false;
};

/// The size of a run at the beginning of `text` that is a window, or nothing.
std::optional<std::size_t> guess(Window& window, std::string_view text) {
    if (text.size() <= window_size) return std::nullopt;
    std::size_t from = window_size;
    for (int i = 0; i < guesses; ++i) {
        // The end of an object with an object or a number last, such as a target's; not of its hashes.
        auto end = text.rfind("},\"", from);
        while (end != text.npos && end > 0 && text[end - 1] == '"')
            end = text.rfind("},\"", end - 1);
        if (end == text.npos || end == 0) return std::nullopt;
        if (window.read(text.substr(0, end + 1))) return end + 1;
        from = end - 1;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Hollow> read_in_windows(std::string_view text, std::string_view outer,
                                      std::string_view inner,
                                      const std::function<bool(const Members::Member&)>& take) {
    const auto outer_at = member_at(text, outer);
    const auto inner_at = outer_at + member_at(text.substr(outer_at), inner);
    if (inner_at >= text.size() || text[inner_at] != '{') return std::nullopt;

    Window window;
    auto at = inner_at + 1;
    for (auto run = guess(window, text.substr(at)); run; run = guess(window, text.substr(at))) {
        if (!window.give(take)) return std::nullopt;
        at += *run + 1;
    }
    const auto end = value_end(text, at, 1);
    if (text[end - 1] != '}' || !window.read(text.substr(at, end - 1 - at)) || !window.give(take))
        return std::nullopt;

    const std::string hollow = std::string(text.substr(0, inner_at + 1)).append(text, end - 1);
    auto document = Document::parse(hollow);
    if (!document || !document.value().has_plain_integers()) return std::nullopt;
    const auto part = member_text(hollow, outer).value_or("");
    const auto left_out = text.size() - hollow.size();
    return Hollow{std::move(document).value(), text.substr(outer_at, part.size() + left_out)};
}

}  // namespace contenttrust::json
