#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include "bind.hpp"
#include "contenttrust/base/encoding.hpp"
#include "contenttrust/base/error.hpp"
#include "contenttrust/crypto/batch_verify.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/crypto/libraries.hpp"
#include "contenttrust/json/reader.hpp"
#include "convert.hpp"

namespace contenttrust::bindings {
namespace {

py::dict build_info() {
    py::dict out;
    out["compiler"] = __VERSION__;
    out["c++"] = std::to_string(__cplusplus);
    out["pybind11"] =
        std::to_string(PYBIND11_VERSION_MAJOR) + "." + std::to_string(PYBIND11_VERSION_MINOR);
    out["simdjson"] = to_str(json::library_version());
    for (const auto& [name, version] : crypto::library_versions())
        out[to_str(name)] = to_str(version);
    out["crypto_mb"] = crypto::crypto_mb_version();
    out["p256_batch"] =
        crypto::eight_at_a_time() ? "crypto_mb (AVX-512 IFMA)" : "libcrypto one by one";
    return out;
}

py::tuple codes() {
    py::list out;
    for (int i = 0; i <= static_cast<int>(last_error_code); ++i)
        out.append(to_str(to_string(ErrorCode(i))));
    return py::tuple(out);
}

}  // namespace

void bind_base(py::module_& m) {
    m.attr("codes") = codes();
    m.def("build_info", &build_info, "What was compiled against and what is loaded.");
    m.def(
        "sha256",
        [](const py::bytes& data) { return to_hex(crypto::sha256(as_bytes(view_of(data)))); },
        py::arg("data"), "The SHA-256 digest in hexadecimal.");
    m.def(
        "printable",
        [](const std::string& text) { return to_str(printable(text, text.size() * 8 + 8)); },
        py::arg("text"),
        "`text` with control characters, bidirectional marks and the like escaped.");

    py::class_<Instant> instant(m, "Instant", py::is_final(),
                                "A moment in UTC, to the nanosecond.");
    constructor(
        instant,
        [](const py::handle&, std::int64_t seconds, std::uint32_t nanoseconds) {
            if (nanoseconds > 999'999'999) throw py::value_error("nanoseconds are 0 to 999999999");
            return Instant{seconds, nanoseconds};
        },
        py::arg("seconds").noconvert(), py::arg("nanoseconds").noconvert() = 0);
    instant
        .def_static(
            "parse", [](const std::string& text) { return Instant::parse(text); }, py::arg("text"))
        .def_readonly("seconds", &Instant::seconds)
        .def_readonly("nanoseconds", &Instant::nanoseconds)
        .def_property_readonly("datetime", [](const Instant& self) { return to_datetime(self); })
        .def("__reduce__",
             [](const Instant& self) { return remade("instant", self.seconds, self.nanoseconds); })
        .def("__str__", [](const Instant& self) { return self.str(); })
        .def("__repr__", [](const Instant& self) { return "Instant(" + self.str() + ")"; })
        .def(py::self == py::self)
        .def(py::self < py::self)
        .def(py::self <= py::self)
        .def("__hash__", [](const Instant& self) {
            return py::hash(py::make_tuple(self.seconds, self.nanoseconds));
        });
}

}  // namespace contenttrust::bindings
