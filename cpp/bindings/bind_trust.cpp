#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <mutex>

#include "bind.hpp"
#include "contenttrust/base/encoding.hpp"
#include "contenttrust/trust/verify.hpp"
#include "convert.hpp"
#include "raise.hpp"

namespace contenttrust::bindings {
namespace {

using trust::Anchor;
using trust::Requirements;
using trust::State;
using trust::Step;
using trust::Wanted;

// An update is fed by one caller, but nothing stops Python from calling it from two threads.
struct Update {
    Update(trust::Given given)
        : gun(given.gun.str()), value(std::move(given), trust::Update::Source::asked) {}

    template <typename Read>
    auto read(Read read) {
        const py::gil_scoped_release release;
        const std::scoped_lock lock(mutex);
        return read(value);
    }

    std::string gun;
    trust::Update value;
    std::mutex mutex;
};

std::vector<KeyId> pinned_ids(const std::vector<std::string>& texts) {
    if (texts.empty()) throw py::value_error("no key id: an anchor without ids would pin nothing");
    return parse_ids(texts);
}

Anchor both(const Anchor& a, const Anchor& b) {
    Anchor out = a;
    out.roots.insert(out.roots.end(), b.roots.begin(), b.roots.end());
    out.key_ids.insert(out.key_ids.end(), b.key_ids.begin(), b.key_ids.end());
    out.certificates.insert(out.certificates.end(), b.certificates.begin(), b.certificates.end());
    out.authorities.insert(out.authorities.end(), b.authorities.begin(), b.authorities.end());
    out.first_use = a.first_use && b.first_use;
    return out;
}

void bind_anchor(py::module_& m) {
    auto anchor =
        py::class_<Anchor>(m, "Anchor", py::is_final(),
                           "Why the first root of a collection is believed.")
            .def_static(
                "first_use", [] { return Anchor{.first_use = true}; },
                "The first root seen is believed, and remembered from then on.")
            .def_static(
                "remembered", [] { return Anchor{}; },
                "Only what is remembered is believed: a first contact is refused.")
            .def_static(
                "root",
                [](const py::bytes& document) {
                    const auto root = metadata::decode_root(view_of(document), {});
                    if (!root)
                        throw py::value_error("not a root document: " + root.error().message);
                    return Anchor{.roots = {std::string(view_of(document))}};
                },
                py::arg("document"),
                "This root document is believed, and those that follow from it link by link.")
            .def_static(
                "keys",
                [](const std::vector<std::string>& ids) {
                    return Anchor{.key_ids = {pinned_ids(ids)}};
                },
                py::arg("ids"),
                "A root is believed that a key with one of these canonical ids signed: ids of bare "
                "keys, `RoleInfo.canonical_key_ids`.")
            .def_static(
                "certificates",
                [](const std::vector<std::string>& ids) {
                    return Anchor{.certificates = {pinned_ids(ids)}};
                },
                py::arg("ids"),
                "A root is believed that one of these certificates signed: ids as the metadata has "
                "them, `RoleInfo.key_ids`, and as Notary's `trust_pinning` wants them.")
            .def_static(
                "ca",
                [](const py::bytes& pem) {
                    if (view_of(pem).find("-----BEGIN CERTIFICATE-----") ==
                        std::string_view::npos) {
                        throw py::value_error("a CA anchor needs a PEM certificate");
                    }
                    return Anchor{.authorities = {std::string(view_of(pem))}};
                },
                py::arg("pem"),
                "A root is believed whose certificate chains to a CA of this PEM text.")
            .def("__and__", &both, py::arg("other"), "Both must hold.")
            .def(
                "__reduce__",
                [](const Anchor& self) {
                    const auto bytes = [](const std::string& text) { return py::bytes(text); };
                    return remade(
                        "anchor", to_tuple(self.roots, bytes), to_tuple(self.key_ids, ids_to_tuple),
                        to_tuple(self.certificates, ids_to_tuple),
                        to_tuple(self.authorities, [&](const auto& ca) { return bytes(ca.pem()); }),
                        self.first_use);
                })
            .def("__repr__", [](const Anchor& self) {
                return "Anchor(" + std::to_string(self.roots.size()) + " roots, " +
                       std::to_string(self.key_ids.size()) + " key pins, " +
                       std::to_string(self.certificates.size()) + " certificate pins, " +
                       std::to_string(self.authorities.size()) + " CAs, first use " +
                       (self.first_use ? "on" : "off") + ")";
            });
    no_constructor(anchor);
}

void bind_requirements(py::module_& m) {
    const Requirements standard;
    const auto limits = [](const Requirements& self) {
        py::dict out;
        out["root_length"] = self.root_length;
        out["timestamp_length"] = self.timestamp_length;
        out["file_length"] = self.file_length;
        out["total_length"] = self.total_length;
        out["signatures"] = self.decode.signatures;
        out["invalid_signatures"] = self.invalid_signatures;
        out["keys"] = self.decode.keys;
        out["paths"] = self.decode.paths;
        out["lookup_roles"] = self.lookup_roles;
        out["listing_roles"] = self.listing_roles;
        out["delegation_depth"] = self.delegation_depth;
        out["root_rotations"] = self.root_rotations;
        out["compatible"] = self.compatible;
        return out;
    };
    py::class_<Requirements> requirements(
        m, "Requirements", py::is_final(),
        "Limits of one verification, each 1 or more.\n\n"
        "Args:\n"
        "    root_length: Bytes of a root.\n"
        "    timestamp_length: Bytes of the timestamp.\n"
        "    file_length: Bytes of any other file, which also has its signed length.\n"
        "    total_length: Bytes of all those other files together.\n"
        "    signatures: Signatures of one file.\n"
        "    invalid_signatures: Signatures checked in vain in one run.\n"
        "    keys: Keys of one role.\n"
        "    paths: Paths of one delegated role.\n"
        "    lookup_roles: Roles searched for one tag.\n"
        "    listing_roles: Delegated roles of one collection.\n"
        "    delegation_depth: Delegations below one another.\n"
        "    root_rotations: Links of the root chain followed in one run.\n"
        "    compatible: Whether a broken role is passed over in a look-up, as Docker does.");
    constructor(
        requirements,
        [](const py::handle&, Whole<std::int64_t> root_length, Whole<std::int64_t> timestamp_length,
           Whole<std::int64_t> file_length, Whole<std::int64_t> total_length,
           Whole<std::size_t> signatures, Whole<std::size_t> invalid_signatures,
           Whole<std::size_t> keys, Whole<std::size_t> paths, Whole<std::size_t> lookup_roles,
           Whole<std::size_t> listing_roles, Whole<std::int64_t> delegation_depth,
           Whole<std::int64_t> root_rotations, bool compatible) {
            const auto least =
                std::min<std::int64_t>({root_length, timestamp_length, file_length, total_length,
                                        delegation_depth, root_rotations});
            const auto fewest = std::min<std::size_t>(
                {signatures, invalid_signatures, keys, paths, lookup_roles, listing_roles});
            if (least < 1 || fewest < 1) throw py::value_error("a limit must be 1 or more");
            return Requirements{.root_length = root_length,
                                .timestamp_length = timestamp_length,
                                .file_length = file_length,
                                .total_length = total_length,
                                .lookup_roles = lookup_roles,
                                .listing_roles = listing_roles,
                                .delegation_depth = delegation_depth,
                                .root_rotations = root_rotations,
                                .decode = {signatures, keys, paths},
                                .compatible = compatible,
                                .invalid_signatures = invalid_signatures};
        },
        py::kw_only(), py::arg("root_length").noconvert() = standard.root_length,
        py::arg("timestamp_length").noconvert() = standard.timestamp_length,
        py::arg("file_length").noconvert() = standard.file_length,
        py::arg("total_length").noconvert() = standard.total_length,
        py::arg("signatures").noconvert() = standard.decode.signatures,
        py::arg("invalid_signatures").noconvert() = standard.invalid_signatures,
        py::arg("keys").noconvert() = standard.decode.keys,
        py::arg("paths").noconvert() = standard.decode.paths,
        py::arg("lookup_roles").noconvert() = standard.lookup_roles,
        py::arg("listing_roles").noconvert() = standard.listing_roles,
        py::arg("delegation_depth").noconvert() = standard.delegation_depth,
        py::arg("root_rotations").noconvert() = standard.root_rotations,
        py::arg("compatible").noconvert() = standard.compatible);
    requirements
        .def("__reduce__",
             [=](const Requirements& self) { return remade("requirements", limits(self)); })
        .def("__eq__",
             [=](const Requirements& self, const py::object& other) {
                 return py::isinstance<Requirements>(other) &&
                        limits(self).equal(limits(other.cast<Requirements>()));
             })
        .def("__hash__",
             [=](const Requirements& self) {
                 return py::hash(py::tuple(limits(self).attr("values")()));
             })
        // Only what differs from the standard: a dozen numbers hide the one that was set.
        .def("__repr__", [=](const Requirements& self) {
            const auto usual = limits(Requirements{});
            std::string out;
            for (const auto& [name, value] : limits(self)) {
                if (value.equal(usual[name])) continue;
                out += out.empty() ? "" : ", ";
                out += py::str("{}={}").format(name, value).cast<std::string>();
            }
            return "Requirements(" + out + ")";
        });
}

void bind_state(py::module_& m) {
    auto state =
        py::class_<State>(m, "State", py::is_final(),
                          "What must be remembered of a collection between runs.")
            .def_static(
                "from_json",
                [](const std::string& text) {
                    auto parsed = State::from_json(text);
                    if (!parsed) raise_damaged_record(parsed.error());
                    return std::move(parsed).value();
                },
                py::arg("text"), "What `to_json` wrote; anything else is a RecordError.")
            .def("to_json", &State::to_json, "One JSON document.")
            .def("__reduce__", [](const State& self) { return remade("state", self.to_json()); })
            .def_property_readonly(
                "gun", [](const State& self) { return self.gun.str(); }, "Name of the collection.")
            .def_property_readonly("root_version", &State::root_version,
                                   "Version of the trusted root.")
            .def_property_readonly(
                "root_document", [](const State& self) { return py::bytes(self.root); },
                "The trusted root, byte for byte.")
            .def_property_readonly(
                "versions",
                [](const State& self) {
                    py::dict out;
                    for (const auto& [role, known] : self.roles) {
                        out[to_str(role.str())] = static_cast<std::int64_t>(known.version);
                    }
                    return out;
                },
                "Highest trusted version by role.")
            .def(
                "__eq__", [](const State& a, const State& b) { return a == b; }, py::is_operator())
            .def("__hash__", [](const State& self) { return py::hash(to_str(self.to_json())); })
            .def("__repr__", [](const State& self) {
                return "State(" + self.gun.str() + ", root version " +
                       std::to_string(self.root_version()) + ")";
            });
    no_constructor(state);
}

trust::Given given(const std::string& gun_text, const Anchor& anchor, Instant now,
                   const std::optional<State>& state, const py::dict& cached,
                   const Requirements& requirements) {
    auto gun = Gun::parse(gun_text);
    if (!gun) raise(gun.error(), printable(gun_text));
    trust::Given out{std::move(gun).value(), anchor, now, requirements, state, {}, true};
    for (const auto& [name, text] : cached)
        out.cached.emplace(name.cast<std::string>(), view_of(text));
    return out;
}

void bind_update(py::module_& m) {
    auto wanted =
        py::class_<Wanted>(m, "Wanted", py::is_final(),
                           "A metadata file that the judgement needs next.")
            .def_readonly("name", &Wanted::name)
            .def_property_readonly("sha256",
                                   [](const Wanted& self) -> py::object {
                                       if (!self.sha256) return py::none();
                                       return to_str(to_hex(*self.sha256));
                                   })
            .def_readonly("limit", &Wanted::limit)
            .def("__repr__", [](const Wanted& self) { return "Wanted(" + self.name + ")"; });
    no_constructor(wanted);

    auto step =
        py::class_<Step>(m, "Step", py::is_final(), "One check of a verification.")
            .def_readonly("check", &Step::check)
            .def_readonly("role", &Step::role)
            .def_readonly("passed", &Step::passed)
            .def_property_readonly("expected",
                                   [](const Step& self) { return to_str(self.expected); })
            .def_property_readonly("found", [](const Step& self) { return to_str(self.found); })
            .def("__repr__", [](const Step& self) {
                return "Step(" + self.check + " of " + self.role +
                       (self.passed ? " passed)" : " failed)");
            });
    no_constructor(step);

    py::class_<Update> update(m, "Update", py::is_final(),
                              "One verification, fed with files as it asks for them.");
    constructor(
        update,
        [](const py::handle&, const std::string& gun, const Anchor& anchor, Instant now,
           const std::optional<State>& state, const py::dict& cached,
           const Requirements& requirements) {
            return std::make_unique<Update>(given(gun, anchor, now, state, cached, requirements));
        },
        py::arg("gun"), py::kw_only(), py::arg("anchor"), py::arg("now"),
        py::arg("state") = py::none(), py::arg("cached") = py::dict(),
        py::arg("requirements") = Requirements{});
    update
        .def("wanted",
             [](Update& self) {
                 std::vector<Wanted> out;
                 {
                     const py::gil_scoped_release release;
                     const std::scoped_lock lock(self.mutex);
                     out = self.value.wanted();
                 }
                 return out;
             })
        .def(
            "put",
            [](Update& self, const std::string& name, const std::optional<py::bytes>& data,
               const std::string& code, const std::string& cause) {
                const py::gil_scoped_release release;
                const std::scoped_lock lock(self.mutex);
                self.value.put(name,
                               data ? std::optional(std::string(view_of(*data))) : std::nullopt,
                               {code, cause});
            },
            py::arg("name"), py::arg("data"), py::arg("code") = "missing_role",
            py::arg("cause") = "")
        // Copied under the lock, made into Python objects without it: who holds it never needs the GIL.
        .def("repository",
             [](Update& self) {
                 const auto verdict = self.read([](const trust::Update& u) {
                     return u.decided() ? std::optional(u.verdict()) : std::nullopt;
                 });
                 if (!verdict) throw std::runtime_error("files are still wanted: no verdict yet");
                 if (!*verdict) raise(verdict->error(), self.gun);
                 return Repository{verdict->value()};
             })
        .def_property_readonly(
            "state",
            [](Update& self) {
                return self.read([](const trust::Update& u) { return u.state(); });
            })
        .def_property_readonly(
            "steps",
            [](Update& self) {
                const auto steps = self.read([](const trust::Update& u) { return u.steps(); });
                return to_tuple(steps, [](const Step& one) { return py::cast(one); });
            })
        .def_property_readonly("documents", [](Update& self) {
            const auto texts = self.read([](const trust::Update& u) {
                std::map<std::string, std::string> copies;
                for (const auto& [name, file] : u.accepted())
                    copies[name] = std::string(file->text());
                return copies;
            });
            py::dict out;
            for (const auto& [name, text] : texts) out[to_str(name)] = py::bytes(text);
            return out;
        });
}

}  // namespace

void bind_trust(py::module_& m) {
    bind_anchor(m);
    bind_requirements(m);
    bind_state(m);
    bind_update(m);
}

}  // namespace contenttrust::bindings
