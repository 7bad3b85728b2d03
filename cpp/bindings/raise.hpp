/// A refusal as the exception that contenttrust.errors assigns to its code.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>

#include "contenttrust/base/error.hpp"
#include "convert.hpp"

namespace contenttrust::bindings {

[[noreturn]] inline void raise(const Error& error, std::string_view gun,
                               std::string_view subject = {}) {
    const py::object exception =
        py::module_::import("contenttrust.errors")
            .attr("refusal")(
                to_str(to_string(error.code)), py::arg("gun") = to_str(gun),
                py::arg("role") = to_str(error.role), py::arg("message") = to_str(error.message),
                py::arg("expected") = to_str(error.expected),
                py::arg("found") = to_str(error.found), py::arg("subject") = to_str(subject));
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
    throw py::error_already_set();
}

}  // namespace contenttrust::bindings
