#include <pybind11/stl.h>

#include <algorithm>

#include "bind.hpp"
#include "contenttrust/base/encoding.hpp"
#include "convert.hpp"
#include "raise.hpp"

namespace contenttrust::bindings {
namespace {

using trust::Notice;
using trust::SignedTag;
using trust::Signer;

using View = std::shared_ptr<const trust::TrustedRepository>;

struct Tags {
    View view;
};

struct RoleInfo {
    View view;
    std::size_t index;
    const trust::RoleView& role() const { return view->roles()[index]; }
};

std::string digest_of(const SignedTag& tag) { return "sha256:" + to_hex(tag.sha256); }

py::tuple notices(const std::vector<Notice>& values) {
    return to_tuple(values, [](const Notice& notice) { return py::cast(notice); });
}

Sha256 parse_digest(const std::string& text) {
    constexpr std::string_view prefix = "sha256:";
    Sha256 out;
    if (!text.starts_with(prefix) || text.size() != prefix.size() + 2 * out.size()) {
        throw py::value_error("a digest is sha256: and 64 lower-case hexadecimal digits");
    }
    const auto nibble = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        throw py::value_error("a digest is sha256: and 64 lower-case hexadecimal digits");
    };
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto* at = text.data() + prefix.size() + 2 * i;
        out[i] = static_cast<std::byte>(nibble(at[0]) * 16 + nibble(at[1]));
    }
    return out;
}

SignedTag verify(const View& view, const std::optional<std::string>& tag,
                 const std::optional<std::string>& digest) {
    if (!tag && !digest) throw py::value_error("a tag, a digest or both");
    if (tag && tag->empty()) throw py::value_error("an empty text is no tag");
    auto result = !digest ? view->verify(*tag)
                  : tag   ? view->verify(*tag, parse_digest(*digest))
                          : view->verify(parse_digest(*digest));
    if (!result) raise(result.error(), view->gun().str(), tag ? *tag : *digest);
    return std::move(result).value();
}

py::tuple signers_of(const SignedTag& tag) {
    return to_tuple(tag.signers, [](const Signer& signer) { return py::cast(signer); });
}

py::object abstract_base(const char* name) {
    return py::module_::import("collections.abc").attr(name);
}

void bind_values(py::module_& m) {
    auto signer =
        py::class_<Signer>(m, "Signer", py::is_final(), "A delegation that signs tags.")
            .def_readonly("name", &Signer::name, "The role without `targets/`, or `Repo Admin`.")
            .def_readonly("role", &Signer::role, "Its role.")
            .def_property_readonly(
                "key_ids", [](const Signer& self) { return ids_to_tuple(self.key_ids); },
                "Canonical ids: of a tag, of the keys that really signed; else of those listed.")
            .def("__reduce__",
                 [](const Signer& self) {
                     return remade("signer", self.name, self.role, ids_to_tuple(self.key_ids));
                 })
            .def(
                "__eq__", [](const Signer& a, const Signer& b) { return a == b; },
                py::is_operator())
            .def("__hash__",
                 [](const Signer& self) { return py::hash(py::make_tuple(self.name, self.role)); })
            .def("__str__", [](const Signer& self) { return self.name; })
            .def("__repr__", [](const Signer& self) {
                return "Signer(" + self.name + ", role=" + self.role + ")";
            });
    no_constructor(signer);

    auto tag =
        py::class_<SignedTag>(m, "SignedTag", py::is_final(), "A tag of a verified repository.")
            .def("__bool__", &no_truth_value)
            .def_readonly("name", &SignedTag::name, "The tag.")
            .def_readonly("gun", &SignedTag::gun, "Name of its collection.")
            .def_readonly("role", &SignedTag::role, "Role that the digest was resolved from.")
            .def_readonly("size", &SignedTag::length, "Bytes of the image manifest.")
            .def_property_readonly("digest", &digest_of, "`sha256:` and 64 hexadecimal digits.")
            .def_property_readonly(
                "pinned", [](const SignedTag& self) { return self.gun + "@" + digest_of(self); },
                "`gun@digest`: the name to use from here on.")
            .def_property_readonly(
                "signers", &signers_of,
                "Who signed this very digest under this name; `Repo Admin` if no named signer did.")
            .def_property_readonly(
                "custom",
                [](const SignedTag& self) -> py::object {
                    if (self.custom.empty()) return py::none();
                    return py::module_::import("json").attr("loads")(to_str(self.custom),
                                                                     py::arg("strict") = false);
                },
                "The target's `custom` data as Python values, or None.")
            .def("__reduce__",
                 [](const SignedTag& self) {
                     return remade("signed_tag", self.gun, self.name, self.role, digest_of(self),
                                   self.length, py::bytes(self.custom), signers_of(self));
                 })
            .def(
                "__eq__", [](const SignedTag& a, const SignedTag& b) { return a == b; },
                py::is_operator())
            .def("__hash__",
                 [](const SignedTag& self) {
                     return py::hash(py::make_tuple(self.gun, self.name, self.role));
                 })
            .def("__repr__", [](const SignedTag& self) {
                return "SignedTag(" + self.gun + ":" + printable(self.name) + "@" +
                       digest_of(self).substr(0, 19) + "…, role=" + self.role + ")";
            });
    no_constructor(tag);

    auto notice = py::class_<Notice>(m, "Notice", py::is_final(),
                                     "Something that stopped nothing but must be known.")
                      .def_readonly("code", &Notice::code, "What it is about.")
                      .def_readonly("role", &Notice::role, "The role, or empty.")
                      .def_readonly("name", &Notice::name, "The tag, for an unusable one.")
                      .def_readonly("message", &Notice::message, "The cause.")
                      .def("__repr__", [](const Notice& self) {
                          return "Notice(" + self.code + ", " + self.role + ": " +
                                 printable(self.message) + ")";
                      });
    no_constructor(notice);

    auto role_info =
        py::class_<RoleInfo>(m, "RoleInfo", py::is_final(),
                             "One role as its delegator defines it and its file says.")
            .def_property_readonly(
                "name", [](const RoleInfo& self) { return self.role().name.str(); }, "The role.")
            .def_property_readonly(
                "version",
                [](const RoleInfo& self) { return static_cast<std::int64_t>(self.role().version); },
                "Version of its file.")
            .def_property_readonly(
                "expires", [](const RoleInfo& self) { return to_datetime(self.role().expires); },
                "When its file expires, to the microsecond.")
            .def_property_readonly(
                "expires_text", [](const RoleInfo& self) { return self.role().expires.str(); },
                "The same as RFC 3339 text in UTC, to the nanosecond.")
            .def_property_readonly(
                "key_ids",
                [](const RoleInfo& self) { return ids_to_tuple(self.role().keys.key_ids); },
                "Ids of its keys as the metadata has them; of root, of its certificates.")
            .def_property_readonly(
                "canonical_key_ids",
                [](const RoleInfo& self) { return ids_to_tuple(self.role().canonical_ids); },
                "Ids of the bare keys behind certificates: what `Anchor.keys` wants.")
            .def_property_readonly(
                "threshold", [](const RoleInfo& self) { return self.role().keys.threshold; },
                "How many different keys must sign.")
            .def_property_readonly(
                "paths",
                [](const RoleInfo& self) {
                    return to_tuple(self.role().paths, [](const auto& p) { return to_str(p); });
                },
                "Prefixes of the names that it may sign.")
            .def("__repr__", [](const RoleInfo& self) {
                return "RoleInfo(" + self.role().name.str() + ", version " +
                       std::to_string(static_cast<std::int64_t>(self.role().version)) +
                       ", expires " + self.role().expires.str() + ")";
            });
    no_constructor(role_info);
}

void bind_tags(py::module_& m) {
    auto tags =
        py::class_<Tags>(m, "Tags", py::is_final(),
                         "Tags by name, in code-point order; values made when asked for.")
            .def("__len__", [](const Tags& self) { return self.view->tag_count(); })
            .def("__contains__",
                 [](const Tags& self, const py::object& name) {
                     return py::isinstance<py::str>(name) &&
                            self.view->find_tag(name_of(name)).has_value();
                 })
            .def(
                "__getitem__",
                [](const Tags& self, const py::str& name) {
                    auto tag = self.view->tag(name_of(name));
                    if (!tag) raise_missing(name);
                    return *std::move(tag);
                },
                py::arg("name"))
            .def(
                "get",
                [](const Tags& self, const py::str& name, py::object fallback) -> py::object {
                    auto tag = self.view->tag(name_of(name));
                    return tag ? py::cast(*std::move(tag)) : fallback;
                },
                py::arg("name"), py::arg("default") = py::none())
            .def("__iter__",
                 [](const Tags& self) {
                     py::list names;
                     for (std::size_t i = 0; i < self.view->tag_count(); ++i)
                         names.append(to_str(self.view->tag_name(i)));
                     return py::iter(names);
                 })
            .def("keys", [](const py::object& self) { return abstract_base("KeysView")(self); })
            .def("values", [](const py::object& self) { return abstract_base("ValuesView")(self); })
            .def("items", [](const py::object& self) { return abstract_base("ItemsView")(self); })
            .def("__repr__", [](const Tags& self) {
                return "Tags(" + std::to_string(self.view->tag_count()) + " of " +
                       self.view->gun().str() + ")";
            });
    no_constructor(tags);
    abstract_base("Mapping").attr("register")(tags);
}

// What `__reduce__` gave, as values again: data that anybody could write, and no verdict.
void bind_remaking(py::module_& m) {
    m.def(
        "signer",
        [](std::string name, std::string role, const std::vector<std::string>& ids) {
            return Signer{std::move(name), std::move(role), parse_ids(ids)};
        },
        py::arg("name"), py::arg("role"), py::arg("key_ids"), "A pickled signer again.");
    m.def(
        "signed_tag",
        [](std::string gun, std::string name, std::string role, const std::string& digest,
           std::int64_t size, const py::bytes& custom, std::vector<Signer> signers) {
            return SignedTag{std::move(gun),
                             std::move(name),
                             std::move(role),
                             parse_digest(digest),
                             size,
                             std::string(view_of(custom)),
                             std::move(signers)};
        },
        py::arg("gun"), py::arg("name"), py::arg("role"), py::arg("digest"), py::arg("size"),
        py::arg("custom"), py::arg("signers"), "A pickled tag again.");
}

}  // namespace

void bind_repository(py::module_& m) {
    bind_values(m);
    bind_remaking(m);
    bind_tags(m);
    const auto each_role = [](const Repository& self, auto value) {
        py::dict out;
        for (std::size_t i = 0; i < self.view->roles().size(); ++i) {
            const auto& role = self.view->roles()[i];
            if (role.usable()) out[to_str(role.name.str())] = value(RoleInfo{self.view, i});
        }
        return out;
    };
    auto repository =
        py::class_<Repository>(m, "TrustedRepository", py::is_final(),
                               "The verified view of one collection. Cannot be built by hand.")
            .def("__bool__", &no_truth_value)
            .def_property_readonly(
                "gun", [](const Repository& self) { return self.view->gun().str(); },
                "Name of the collection.")
            .def_property_readonly(
                "tags", [](const Repository& self) { return Tags{self.view}; },
                "Mapping from name to SignedTag, in code-point order, of the intact roles.")
            .def_property_readonly(
                "roles",
                [=](const Repository& self) {
                    return each_role(self, [](RoleInfo role) { return py::cast(std::move(role)); });
                },
                "RoleInfo by role, usable roles only.")
            .def_property_readonly(
                "expires",
                [=](const Repository& self) {
                    return each_role(self, [](const RoleInfo& role) {
                        return to_datetime(role.role().expires);
                    });
                },
                "Moment of expiry by role.")
            .def_property_readonly(
                "valid_until",
                [](const Repository& self) { return to_datetime(self.view->valid_until()); },
                "The earliest expiry: until then the verdict holds.")
            .def_property_readonly(
                "signers",
                [](const Repository& self) {
                    return to_tuple(self.view->signers(),
                                    [](const Signer& signer) { return py::cast(signer); });
                },
                "All delegations except targets/releases, with their listed keys.")
            .def_property_readonly(
                "degraded", [](const Repository& self) { return notices(self.view->degraded()); },
                "Broken delegations that were left out.")
            .def_property_readonly(
                "unusable", [](const Repository& self) { return notices(self.view->unusable()); },
                "Tags without a usable sha256.")
            .def_property_readonly(
                "warnings", [](const Repository& self) { return notices(self.view->warnings()); },
                "What must be known besides.")
            .def_property_readonly(
                "state", [](const Repository& self) { return self.view->state(); },
                "What to remember.")
            .def(
                "verify",
                [](const Repository& self, const std::optional<py::str>& tag,
                   const std::optional<std::string>& digest) {
                    return verify(self.view, tag ? std::optional(name_of(*tag)) : std::nullopt,
                                  digest);
                },
                py::arg("tag") = py::none(), py::arg("digest") = py::none(),
                "The signed tag, resolved as docker pull does; raises what refuses it.")
            .def(
                "signatures",
                [](const Repository& self, const SignedTag& tag) {
                    return to_tuple(self.view->signatures(tag),
                                    [](const Signer& signer) { return py::cast(signer); });
                },
                py::arg("tag"),
                "Every role that lists the tag with its digest, and the keys that really signed.")
            .def(
                "role_tags",
                [](const Repository& self, const py::str& name) {
                    const auto& roles = self.view->roles();
                    const auto role = std::find_if(
                        roles.begin(), roles.end(),
                        [wanted = name_of(name)](const auto& r) { return r.name.str() == wanted; });
                    if (role == roles.end()) raise_missing(name);
                    return to_tuple(self.view->role_tags(*role),
                                    [](const SignedTag& tag) { return py::cast(tag); });
                },
                py::arg("role"),
                "What one role lists within its paths; KeyError without such a role.")
            .def("__repr__", [](const Repository& self) {
                return "TrustedRepository(" + self.view->gun().str() + ", " +
                       std::to_string(self.view->tag_count()) + " tags, valid until " +
                       self.view->valid_until().str() + ")";
            });
    no_constructor(repository);
}

}  // namespace contenttrust::bindings
