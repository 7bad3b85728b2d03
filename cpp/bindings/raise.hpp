/// A refusal as the exception that contenttrust.errors assigns to its code.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>

#include "contenttrust/base/error.hpp"
#include "convert.hpp"

namespace contenttrust::bindings {

/// The exception itself, not raised.
inline py::object refusal(const Error& error, std::string_view gun, std::string_view subject = {}) {
    return py::module_::import("contenttrust.errors")
        .attr("refusal")(
            to_str(to_string(error.code)), py::arg("gun") = to_str(gun),
            py::arg("role") = to_str(error.role), py::arg("message") = to_str(error.message),
            py::arg("expected") = to_str(error.expected), py::arg("found") = to_str(error.found),
            py::arg("subject") = to_str(subject));
}

[[noreturn]] inline void raise(const py::object& exception) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
    throw py::error_already_set();
}

[[noreturn]] inline void raise(const Error& error, std::string_view gun,
                               std::string_view subject = {}) {
    raise(refusal(error, gun, subject));
}

/// A record is the caller's own: its damage is no fault of whoever published the collection.
[[noreturn]] inline void raise_damaged_record(const Error& error) {
    raise(py::module_::import("contenttrust.errors")
              .attr("RecordError")(to_str(error.message), py::arg("role") = to_str(error.role)));
}

/// A key that the caller handed in, not one of a collection.
[[noreturn]] inline void raise_unusable_key(const Error& error) {
    raise(py::module_::import("contenttrust.errors")
              .attr("PublicKeyError")(to_str(error.message),
                                      py::arg("expected") = to_str(error.expected),
                                      py::arg("found") = to_str(error.found)));
}

}  // namespace contenttrust::bindings
