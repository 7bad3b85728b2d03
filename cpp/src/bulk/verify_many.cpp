#include "contenttrust/bulk/verify_many.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "contenttrust/bulk/gather.hpp"

namespace contenttrust::bulk {
namespace {

// A worker takes so many collections together at most: enough to fill the lanes, few enough to stay in its cache.
constexpr std::size_t most_together = 16;
constexpr std::size_t most_bytes_together = 4 << 20;
constexpr std::size_t rounds_a_worker = 4;  // at least, so that no worker is left alone at the end

// What the workers share. Each outcome has its own slot.
struct Work {
    const std::vector<Item>& items;
    const trust::Anchor& anchor;
    const Instant now;
    const trust::Requirements& requirements;
    const bool gathered;
    const std::size_t together;
    std::vector<std::optional<Outcome>> slots{items.size()};
    std::atomic<std::size_t> next{0};
    std::mutex failing{};
    std::exception_ptr failure{};  // what ended a worker, for the caller

    void keep(const std::exception_ptr& thrown) {
        const std::lock_guard alone(failing);
        if (!failure) failure = thrown;
    }
};

// Takes some collections, checks their signatures together, then judges each by itself.
class Worker {
  public:
    explicit Worker(Work& work) : work_(work), gather_(work.requirements) {}

    void run() {
        while (take_some()) {
            if (work_.gathered) look_ahead();
            for (Taken& taken : taken_) {
                guarded(taken.index, [&] {
                    static_cast<void>(taken.update.wanted());
                    work_.slots[taken.index].emplace(
                        Outcome{taken.update.verdict(), std::move(taken.update).state()});
                });
            }
            taken_.clear();
        }
    }

  private:
    struct Taken {
        std::size_t index;
        trust::Update update;
    };

    // One item too large hides no other.
    template <typename Step>
    void guarded(std::size_t index, Step step) {
        try {
            step();
        } catch (const std::bad_alloc&) {
            work_.slots[index].emplace(Outcome{
                Error{ErrorCode::limit_exceeded, {}, "there is not enough memory", {}, {}}, {}});
        }
    }

    bool take_some() {
        std::size_t bytes = 0;
        while (taken_.size() < work_.together && bytes < most_bytes_together) {
            const auto index = work_.next.fetch_add(1);
            if (index >= work_.items.size()) break;
            guarded(index, [&] { bytes += take(index); });
        }
        return !taken_.empty();
    }

    std::size_t take(std::size_t index) {
        const Item& item = work_.items[index];
        auto gun = Gun::parse(item.gun);
        if (!gun) {
            work_.slots[index].emplace(Outcome{std::move(gun).error(), std::nullopt});
            return 0;
        }
        auto state = item.state != nullptr ? std::optional(*item.state) : std::nullopt;
        trust::Update update({std::move(gun).value(),
                              work_.anchor,
                              work_.now,
                              work_.requirements,
                              std::move(state),
                              {},
                              false},
                             trust::Update::Source::complete);
        std::size_t bytes = 0;
        for (const auto& [name, text] : item.documents) {
            update.put(name, trust::Borrowed{text});
            bytes += text.size();
        }
        taken_.push_back({index, std::move(update)});
        return bytes;
    }

    // Where memory lacks, fewer signatures are known to be right before the judgement asks.
    void look_ahead() {
        try {
            for (auto& [index, update] : taken_) gather_.look_at(update);
            gather_.check();
        } catch (const std::bad_alloc&) {
            gather_.forget();
        }
    }

    Work& work_;
    Gather gather_;
    std::deque<Taken> taken_;
};

}  // namespace

std::vector<Outcome> verify_many(const std::vector<Item>& items, const trust::Anchor& anchor,
                                 Instant now, const trust::Requirements& requirements,
                                 unsigned threads, Signatures signatures) {
    const auto wanted =
        std::min<std::size_t>(std::max(threads, 1U), std::max<std::size_t>(items.size(), 1));
    const bool gathered = signatures == Signatures::eight_at_a_time && crypto::eight_at_a_time();
    const auto together = std::clamp<std::size_t>(items.size() / (wanted * rounds_a_worker), 1,
                                                  gathered ? most_together : 1);
    Work work{items, anchor, now, requirements, gathered, together};
    {
        std::vector<std::jthread> workers;
        const auto run = [&work] {
            try {
                Worker(work).run();
            } catch (...) {
                work.keep(std::current_exception());
            }
        };
        bool more = true;
        for (std::size_t i = 1; more && i < wanted; ++i) {
            try {
                workers.emplace_back(run);
            } catch (const std::exception&) {
                more = false;  // no thread or no memory is to be had: those there are do the work
            }
        }
        run();
    }
    if (work.failure) std::rethrow_exception(work.failure);
    std::vector<Outcome> out;
    out.reserve(work.slots.size());
    for (auto& slot : work.slots) out.push_back(*std::move(slot));
    return out;
}

}  // namespace contenttrust::bulk
