#include "bind.hpp"
#include "convert.hpp"

// What callers hand over is walked while they hold the GIL: an interpreter without one must bring it back.
PYBIND11_MODULE(_core, m) {
    m.doc() = "The engine. Private: use the names that the package exports.";
    contenttrust::bindings::guard_base_class();
    contenttrust::bindings::bind_base(m);
    contenttrust::bindings::bind_crypto(m);
    contenttrust::bindings::bind_repository(m);
    contenttrust::bindings::bind_trust(m);
    contenttrust::bindings::bind_bulk(m);
    contenttrust::bindings::bind_publish(m);
}
