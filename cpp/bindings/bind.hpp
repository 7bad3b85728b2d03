/// What each room adds to the module. Conversions only; no decisions.
#pragma once

#include <pybind11/pybind11.h>

namespace contenttrust::bindings {

void bind_base(pybind11::module_& m);
void bind_crypto(pybind11::module_& m);
void bind_repository(pybind11::module_& m);
void bind_trust(pybind11::module_& m);
void bind_bulk(pybind11::module_& m);
void bind_publish(pybind11::module_& m);

}  // namespace contenttrust::bindings
