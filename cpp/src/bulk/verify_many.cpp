#include "contenttrust/bulk/verify_many.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <thread>

namespace contenttrust::bulk {
namespace {

Outcome judge(const Item& item, const trust::Anchor& anchor, Instant now,
              const trust::Requirements& requirements) {
    auto gun = Gun::parse(item.gun);
    if (!gun) return {std::move(gun).error(), std::nullopt};
    trust::Update update({std::move(gun).value(),
                          anchor,
                          now,
                          requirements,
                          item.state != nullptr ? std::optional(*item.state) : std::nullopt,
                          {},
                          false},
                         trust::Update::Source::complete);
    for (const auto& [name, text] : item.documents) update.put(name, std::string(text));
    static_cast<void>(update.wanted());
    return {update.verdict(), update.state()};
}

}  // namespace

std::vector<Outcome> verify_many(const std::vector<Item>& items, const trust::Anchor& anchor,
                                 Instant now, const trust::Requirements& requirements,
                                 unsigned threads) {
    std::vector<std::optional<Outcome>> slots(items.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (auto i = next.fetch_add(1); i < items.size(); i = next.fetch_add(1)) {
            try {
                slots[i].emplace(judge(items[i], anchor, now, requirements));
            } catch (const std::bad_alloc&) {  // one item too large hides no other
                slots[i].emplace(Outcome{
                    Error{ErrorCode::limit_exceeded, {}, "there is not enough memory", {}, {}},
                    {}});
            }
        }
    };
    {
        std::vector<std::jthread> workers;
        const auto wanted =
            std::min<std::size_t>(std::max(threads, 1U), std::max<std::size_t>(items.size(), 1));
        for (std::size_t i = 1; i < wanted; ++i) workers.emplace_back(work);
        work();
    }
    std::vector<Outcome> out;
    out.reserve(slots.size());
    for (auto& slot : slots) out.push_back(*std::move(slot));
    return out;
}

}  // namespace contenttrust::bulk
