#include <pybind11/stl.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "bind.hpp"
#include "contenttrust/base/encoding.hpp"
#include "contenttrust/bulk/verify_many.hpp"
#include "convert.hpp"
#include "raise.hpp"

namespace contenttrust::bindings {
namespace {

struct Batch {
    std::vector<std::string> guns;
    std::vector<bulk::Outcome> outcomes;
};

// Holds every Python object that the items borrow from; a deque, as what grows here must not move.
struct Borrowed {
    std::vector<py::object> owners;
    std::deque<trust::State> states;
    std::deque<std::string> guns;
    std::vector<bulk::Item> items;
};

void borrow_item(Borrowed& out, const py::handle& element) {
    if (!py::isinstance<py::tuple>(element) || py::len(element) != 3) {
        throw py::type_error("an item is (gun, documents, state or None)");
    }
    const auto tuple = py::reinterpret_borrow<py::tuple>(element);
    out.guns.push_back(name_of(tuple[0]));
    bulk::Item item{out.guns.back(), {}, nullptr};
    if (!py::hasattr(tuple[1], "keys"))
        throw py::type_error("the files must be a mapping from role to bytes");
    const py::dict documents(tuple[1]);
    for (const auto& [name, text] : documents) {
        item.documents.emplace(name_of(name), view_of(text));
        out.owners.push_back(py::reinterpret_borrow<py::object>(text));
    }
    if (!tuple[2].is_none()) {
        if (!py::isinstance<trust::State>(tuple[2]))
            throw py::type_error("what is remembered must be a State or None");
        out.states.push_back(tuple[2].cast<trust::State>());
        item.state = &out.states.back();
    }
    out.items.push_back(std::move(item));
}

Borrowed borrow(const py::iterable& sequence) {
    Borrowed out;
    for (const auto& element : sequence) {
        try {
            borrow_item(out, element);
        } catch (const py::type_error& error) {
            throw py::type_error("item " + std::to_string(out.items.size()) + ": " + error.what());
        }
    }
    return out;
}

Batch verify_many(const py::iterable& sequence, const trust::Anchor& anchor, Instant now,
                  const trust::Requirements& requirements, std::optional<std::int64_t> threads,
                  bool eight_at_a_time) {
    constexpr std::int64_t most_threads = 1024;
    if (threads && *threads < 1) throw py::value_error("threads: one or more, or None");
    const auto cores = std::max(std::thread::hardware_concurrency(), 1U);
    const auto wanted = static_cast<unsigned>(std::min(threads.value_or(cores), most_threads));
    const auto signatures =
        eight_at_a_time ? bulk::Signatures::eight_at_a_time : bulk::Signatures::one_by_one;
    auto borrowed = borrow(sequence);
    Batch out;
    {
        const py::gil_scoped_release release;
        out.outcomes =
            bulk::verify_many(borrowed.items, anchor, now, requirements, wanted, signatures);
    }
    out.guns.assign(borrowed.guns.begin(), borrowed.guns.end());
    return out;
}

// Made when asked for: an exception for each of thousands is wanted only by who looks at them.
py::list errors_of(const Batch& batch) {
    py::list out;
    for (std::size_t i = 0; i < batch.outcomes.size(); ++i) {
        const auto& verdict = batch.outcomes[i].verdict;
        out.append(verdict ? py::object(py::none())
                           : refusal(verdict.error(), printable(batch.guns[i])));
    }
    return out;
}

Repository item_of(const Batch& batch, py::ssize_t index) {
    const auto size = static_cast<py::ssize_t>(batch.outcomes.size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) throw py::index_error("batch index out of range");
    const auto at = static_cast<std::size_t>(index);
    const auto& verdict = batch.outcomes[at].verdict;
    if (!verdict) raise(verdict.error(), printable(batch.guns[at]));
    return {verdict.value()};
}

}  // namespace

void bind_bulk(py::module_& m) {
    auto batch =
        py::class_<Batch>(
            m, "Batch", py::is_final(),
            "The verdicts of many verifications, in input order.\n\n"
            "`batch[i]` is the TrustedRepository of an item, or raises what that item "
            "deserves. To loop, zip your items with `codes` and `errors`.")
            .def("__len__", [](const Batch& self) { return self.outcomes.size(); })
            .def("__getitem__", &item_of, py::arg("index"))
            .def_property_readonly(
                "codes",
                [](const Batch& self) {
                    py::list out;
                    for (const auto& outcome : self.outcomes) {
                        const auto& verdict = outcome.verdict;
                        out.append(to_str(verdict ? "ok" : to_string(verdict.error().code)));
                    }
                    return out;
                },
                "`\"ok\"` or the reason code of each item.")
            .def_property_readonly(
                "errors", &errors_of,
                "Of each item the exception that `batch[i]` raises, or None where it raises none.")
            .def_property_readonly(
                "states",
                [](const Batch& self) {
                    py::list out;
                    for (const auto& outcome : self.outcomes) out.append(py::cast(outcome.state));
                    return out;
                },
                "What to remember of each item, or None.")
            .def("__repr__", [](const Batch& self) {
                const auto good =
                    std::ranges::count_if(self.outcomes, [](const bulk::Outcome& outcome) {
                        return static_cast<bool>(outcome.verdict);
                    });
                return "Batch(" + std::to_string(self.outcomes.size()) + " items, " +
                       std::to_string(good) + " ok)";
            });
    no_constructor(batch);
    py::module_::import("collections.abc").attr("Sequence").attr("register")(batch);
    m.def("verify_many", &verify_many, py::arg("items"), py::kw_only(), py::arg("anchor"),
          py::arg("now"), py::arg("requirements") = trust::Requirements{},
          py::arg("threads") = py::none(), py::arg("eight_at_a_time") = true);
}

}  // namespace contenttrust::bindings
