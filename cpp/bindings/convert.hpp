/// Engine values to Python values and back.
#pragma once

#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/base/names.hpp"
#include "contenttrust/base/time.hpp"
#include "contenttrust/trust/repository.hpp"

namespace contenttrust::bindings {

namespace py = pybind11;

/// Text for Python; bytes that are no UTF-8 become visible escapes.
inline py::str to_str(std::string_view text) {
    return py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(
        text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace"));
}

/// The bytes of a Python `bytes` object: borrowed, and safe to read without the GIL while the object is held, because
/// `bytes` cannot change. Nothing else is borrowed.
inline std::string_view view_of(const py::handle& object) {
    if (!PyBytes_Check(object.ptr())) throw py::type_error("metadata must be bytes");
    return {PyBytes_AS_STRING(object.ptr()),
            static_cast<std::size_t>(PyBytes_GET_SIZE(object.ptr()))};
}

/// The octets of a Python `str`. One with a lone surrogate is a string like any other: here it becomes text that names
/// nothing.
inline std::string name_of(const py::handle& object) {
    if (!PyUnicode_Check(object.ptr())) throw py::type_error("a name must be a str");
    const auto encoded = py::reinterpret_steal<py::bytes>(
        PyUnicode_AsEncodedString(object.ptr(), "utf-8", "surrogatepass"));
    if (!encoded) throw py::error_already_set();
    return std::string(view_of(encoded));
}

[[noreturn]] inline void raise_missing(const py::handle& key) {
    PyErr_SetObject(PyExc_KeyError, key.ptr());
    throw py::error_already_set();
}

template <typename T, typename Convert>
py::tuple to_tuple(const std::vector<T>& values, Convert convert) {
    py::tuple out(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = convert(values[i]);
    return out;
}

inline py::tuple ids_to_tuple(const std::vector<KeyId>& ids) {
    return to_tuple(ids, [](const KeyId& id) { return to_str(id.str()); });
}

inline std::vector<KeyId> parse_ids(const std::vector<std::string>& texts) {
    std::vector<KeyId> out;
    for (const auto& text : texts) {
        auto id = KeyId::parse(text);
        if (!id) {
            throw py::value_error("not a key id (64 lower-case hexadecimal digits): " +
                                  printable(text));
        }
        out.push_back(std::move(id).value());
    }
    return out;
}

/// For `__reduce__`: pickle keeps a Python function by its name, and the parts to call it with.
template <typename... Parts>
py::tuple remade(const char* kind, Parts&&... parts) {
    return py::make_tuple(py::module_::import("contenttrust.model").attr("remade"),
                          py::make_tuple(kind, std::forward<Parts>(parts)...));
}

/// An aware datetime in UTC, to the microsecond.
inline py::object to_datetime(Instant instant) {
    const auto datetime = py::module_::import("datetime");
    const auto epoch = datetime.attr("datetime")(
        1970, 1, 1, py::arg("tzinfo") = datetime.attr("timezone").attr("utc"));
    return epoch + datetime.attr("timedelta")(py::arg("seconds") = instant.seconds,
                                              py::arg("microseconds") = instant.nanoseconds / 1000);
}

/// For all protocols of pickle and for copies: a value's own `__reduce__`; whoever has none stays here.
template <typename Class>
void pickled_by_reduce(Class& bound) {
    bound.def(
        "__reduce_ex__",
        [](const py::object& self, const py::object&) -> py::object {
            const auto type = py::type::of(self);
            const py::object plain = py::module_::import("builtins").attr("object");
            if (type.attr("__reduce__").is(plain.attr("__reduce__"))) {
                throw py::type_error(py::str("{} can be neither pickled nor copied")
                                         .format(type.attr("__name__"))
                                         .cast<std::string>());
            }
            return self.attr("__reduce__")();
        },
        py::arg("protocol"));
}

/// Takes `__new__` away: pybind11 would hand out an object without a value inside.
template <typename Class>
void no_constructor(Class& bound) {
    pickled_by_reduce(bound);
    bound.def_static("__new__",
                     [](const py::handle& type, const py::args&, const py::kwargs&) -> py::object {
                         throw py::type_error(py::str("{} is made by the engine only")
                                                  .format(type.attr("__name__"))
                                                  .cast<std::string>());
                     });
}

/// Makes the value in `__new__`, so that there is no object without one. pybind11 passes over `__init__` of an object
/// that has its value.
template <typename Class, typename Make, typename... Extra>
void constructor(Class& bound, Make make, const Extra&... extra) {
    pickled_by_reduce(bound);
    bound.def_static("__new__", make, py::arg("type"), extra...);
    bound.def(py::init([]() -> typename Class::type* { throw py::type_error("no value"); }));
}

/// pybind11's own base class ends the process when it is called, as `object.__reduce__` does: here that is a TypeError.
/// Other extensions share the class, so for theirs nothing changes.
inline void guard_base_class() {
    static newfunc original = nullptr;
    auto* base = reinterpret_cast<PyTypeObject*>(py::detail::get_internals().instance_base);
    const newfunc guarded = [](PyTypeObject* type, PyObject* args, PyObject* kwargs) -> PyObject* {
        if (reinterpret_cast<PyObject*>(type) == py::detail::get_internals().instance_base) {
            PyErr_Format(PyExc_TypeError, "%s has no values of its own", type->tp_name);
            return nullptr;
        }
        return original(type, args, kwargs);
    };
    if (base->tp_new == guarded) return;
    original = base->tp_new;
    base->tp_new = guarded;
}

/// For `__bool__`: what was verified is no truth value, so that no `if` passes by accident.
inline bool no_truth_value(const py::object& self) {
    throw py::type_error(py::str("{} is not a truth value: what is refused raises")
                             .format(py::type::of(self).attr("__name__"))
                             .cast<std::string>());
}

/// A whole number from Python that is no truth value.
template <typename T>
struct Whole {
    T value{};
    operator T() const { return value; }
};

/// A verified repository as Python holds it: shared, immutable.
struct Repository {
    std::shared_ptr<const trust::TrustedRepository> view;
};

}  // namespace contenttrust::bindings

namespace pybind11::detail {

template <typename T>
struct type_caster<contenttrust::bindings::Whole<T>> {
    PYBIND11_TYPE_CASTER(contenttrust::bindings::Whole<T>, const_name("int"));

    bool load(handle source, bool) {
        if (PyBool_Check(source.ptr())) return false;
        make_caster<T> number;
        if (!number.load(source, false)) return false;
        value.value = cast_op<T>(number);
        return true;
    }
};

}  // namespace pybind11::detail
