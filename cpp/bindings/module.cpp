#include "bind.hpp"

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
    m.doc() = "The engine. Private: use the names that the package exports.";
    contenttrust::bindings::bind_base(m);
    contenttrust::bindings::bind_crypto(m);
    contenttrust::bindings::bind_repository(m);
    contenttrust::bindings::bind_trust(m);
    contenttrust::bindings::bind_bulk(m);
}
