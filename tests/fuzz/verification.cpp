/// Whole verification: publications of one collection, one after another, each judged on what the one before left.
#include "collections.hpp"
#include "contenttrust/bulk/verify_many.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

trust::Anchor first_use() {
    trust::Anchor anchor;
    anchor.first_use = true;
    return anchor;
}

// Nothing is confirmed here: signatures that are not real are refused on both roads.
void require_same_in_bulk(const trust::Given& given, const Documents& documents) {
    trust::Update alone(given, trust::Update::Source::complete);
    for (const auto& [name, text] : documents) alone.put(name, text);
    static_cast<void>(alone.wanted());
    const Judged expected{alone.verdict(), alone.state()};
    bulk::Item item{given.gun.str(), {}, given.state ? &*given.state : nullptr};
    for (const auto& [name, text] : documents) item.documents.emplace(name, text);
    const auto outcomes =
        bulk::verify_many({item, item}, given.anchor, given.now, given.requirements, 1);
    for (const auto& outcome : outcomes)
        require_same({outcome.verdict, outcome.state}, expected, "many are judged as one is");
}

void judge(std::string_view input) {
    const auto packed = unpack(input);
    const auto gun = Gun::parse(packed.gun);
    if (!gun) return;
    trust::Given given{.gun = gun.value(),
                       .anchor = first_use(),
                       .now = packed.now,
                       .requirements = {},
                       .state = {},
                       .cached = {}};
    for (const auto& documents : packed.publications) {
        const auto judged = judge_complete(given, documents);
        if (input.size() % 4 == 0)
            require_same(judged, judge_asked(given, documents), "asked or complete is the same");
        if (input.size() % 16 == 1) require_same_in_bulk(given, documents);
        if (judged.verdict) {
            require_sound(*judged.verdict.value(), given);
        } else {
            require_presentable(judged.verdict.error());
        }
        if (judged.state) given.state = judged.state;
        if (judged.verdict && input.size() % 4 == 2)
            require(static_cast<bool>(judge_complete(given, documents).verdict),
                    "what was accepted is accepted again");
    }
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    contenttrust::fuzz::judge(contenttrust::fuzz::input(data, size));
    return 0;
}
