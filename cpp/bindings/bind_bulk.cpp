#include <pybind11/stl.h>

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

// Holds every Python object that the items borrow from.
struct Borrowed {
    std::vector<py::object> owners;
    std::vector<trust::State> states;
    std::vector<std::string> guns;
    std::vector<bulk::Item> items;
};

Borrowed borrow(const py::sequence& sequence) {
    Borrowed out;
    const auto count = sequence.size();
    out.states.reserve(count);  // items point into both
    out.guns.reserve(count);
    for (const auto& element : sequence) {
        const auto tuple = py::cast<py::tuple>(element);
        if (tuple.size() != 3) throw py::value_error("an item is (gun, documents, state or None)");
        out.guns.push_back(tuple[0].cast<std::string>());
        bulk::Item item{out.guns.back(), {}, nullptr};
        const py::dict documents(tuple[1]);
        for (const auto& [name, text] : documents) {
            item.documents.emplace(name.cast<std::string>(), view_of(text));
            out.owners.push_back(py::reinterpret_borrow<py::object>(text));
        }
        if (!tuple[2].is_none()) {
            out.states.push_back(tuple[2].cast<trust::State>());
            item.state = &out.states.back();
        }
        out.items.push_back(std::move(item));
    }
    return out;
}

Batch verify_many(const py::sequence& sequence, const trust::Anchor& anchor, Instant now,
                  const trust::Requirements& requirements, std::optional<unsigned> threads) {
    auto borrowed = borrow(sequence);
    Batch out;
    {
        const py::gil_scoped_release release;
        out.outcomes =
            bulk::verify_many(borrowed.items, anchor, now, requirements,
                              threads.value_or(std::max(std::thread::hardware_concurrency(), 1U)));
    }
    out.guns = std::move(borrowed.guns);
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
    const auto batch =
        py::class_<Batch>(m, "Batch", py::is_final(),
                          "The verdicts of many verifications, in input order.")
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
                })
            .def_property_readonly("states", [](const Batch& self) {
                py::list out;
                for (const auto& outcome : self.outcomes) out.append(py::cast(outcome.state));
                return out;
            });
    py::module_::import("collections.abc").attr("Sequence").attr("register")(batch);
    m.def("verify_many", &verify_many, py::arg("items"), py::kw_only(), py::arg("anchor"),
          py::arg("now"), py::arg("requirements") = trust::Requirements{},
          py::arg("threads") = py::none());
}

}  // namespace contenttrust::bindings
