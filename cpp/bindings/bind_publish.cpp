#include <pybind11/stl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bind.hpp"
#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/private_key.hpp"
#include "contenttrust/crypto/seal.hpp"
#include "contenttrust/crypto/secret.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/text.hpp"
#include "contenttrust/metadata/key.hpp"
#include "contenttrust/publish/key_file.hpp"
#include "contenttrust/publish/signer_key.hpp"
#include "convert.hpp"
#include "raise.hpp"

namespace contenttrust::bindings {
namespace {

using crypto::PrivateKey;
using crypto::Secret;
using publish::KeyFile;
using publish::SignerKey;

[[noreturn]] void raise_key_error(const Error& error) {
    const char* name = error.code == ErrorCode::unauthorized ? "PassphraseError" : "KeyFileError";
    raise(py::module_::import("contenttrust.errors")
              .attr(name)(to_str(error.message), py::arg("expected") = to_str(error.expected),
                          py::arg("found") = to_str(error.found)));
}

/// What `work` gives without the GIL, or its error as an exception.
template <typename Work>
auto without_gil(Work work) {
    auto answer = [&] {
        const py::gil_scoped_release release;
        return work();
    }();
    if (!answer) raise_key_error(answer.error());
    return std::move(answer).value();
}

py::bytes to_bytes(Bytes octets) { return {as_text(octets).data(), octets.size()}; }

/// Neither pickle nor copy: what is secret stays in one place.
template <typename Class>
void stays_here(Class& bound) {
    bound.def("__reduce__", [](const py::object& self) -> py::object {
        throw py::type_error(py::str("{} can be neither pickled nor copied")
                                 .format(py::type::of(self).attr("__name__"))
                                 .cast<std::string>());
    });
}

constexpr std::size_t longest_secret = 64 * 1024;

Bytes checked(std::string_view text) {
    if (text.size() > longest_secret) throw py::value_error("a secret has at most 65536 octets");
    return as_bytes(text);
}

Secret make_secret(const py::handle& /*type*/, const py::object& data) {
    if (PyByteArray_Check(data.ptr())) {
        const std::span<char> text(PyByteArray_AS_STRING(data.ptr()),
                                   static_cast<std::size_t>(PyByteArray_GET_SIZE(data.ptr())));
        Secret secret(checked({text.data(), text.size()}));
        crypto::wipe(std::as_writable_bytes(text));
        return secret;
    }
    if (!PyBytes_Check(data.ptr())) throw py::type_error("a secret is made of bytes or bytearray");
    return Secret(checked(view_of(data)));
}

crypto::NewKey new_key(const std::string& algorithm) {
    if (algorithm == "ecdsa") return crypto::NewKey::ecdsa_p256;
    if (algorithm == "ecdsa-p384") return crypto::NewKey::ecdsa_p384;
    if (algorithm == "ed25519") return crypto::NewKey::ed25519;
    if (algorithm == "rsa") return crypto::NewKey::rsa_3072;
    throw py::value_error("algorithm must be ecdsa, ecdsa-p384, ed25519 or rsa, not " +
                          printable(algorithm));
}

const char* key_type(const PrivateKey& key) {
    switch (key.algorithm()) {
        case crypto::Algorithm::ecdsa: return "ecdsa";
        case crypto::Algorithm::rsa: return "rsa";
        case crypto::Algorithm::ed25519: break;
    }
    return "ed25519";
}

const char* method(const PrivateKey& key) {
    switch (key.algorithm()) {
        case crypto::Algorithm::ecdsa: return "ecdsa";
        case crypto::Algorithm::rsa: return "rsapss";
        case crypto::Algorithm::ed25519: break;
    }
    return "eddsa";
}

std::string key_id(const PrivateKey& key) {
    return metadata::key_id(key_type(key), to_base64(as_bytes(key.public_text()))).str();
}

std::string canonical_json(const py::bytes& document) {
    const auto text = view_of(document);
    const auto parsed = json::Document::parse(text);
    if (!parsed) raise(parsed.error(), {});
    if (!parsed.value().has_plain_integers() && !json::only_plain_integers(text)) {
        raise(Error{ErrorCode::malformed,
                    {},
                    "a document has no canonical form",
                    "plain integers within 2^53",
                    "another number"},
              {});
    }
    return json::canonical(parsed.value().root());
}

void forbid_dumps() {
    const rlimit none{0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        throw py::error_already_set();
    }
}

SignerKey usable(Result<SignerKey> key) {
    if (!key) raise_unusable_key(key.error());
    return std::move(key).value();
}

void bind_secret(py::module_& m) {
    py::class_<Secret> secret(m, "Secret", py::is_final(),
                              "A passphrase in guarded memory, wiped when it is freed.");
    constructor(secret, &make_secret, py::arg("data"));
    stays_here(secret);
    secret.def("__len__", &Secret::size)
        .def(
            "__eq__", [](const Secret& self, const Secret& other) { return self == other; },
            py::is_operator())
        .def(
            "reveal",
            [](const Secret& self) {
                const auto text = as_text(self.bytes());
                return py::bytearray(text.data(), text.size());
            },
            "A copy for a library that needs one, such as the PIN of a token; the caller wipes it.")
        .def("__repr__", [](const Secret&) { return "Secret(...)"; });
    m.def(
        "seal",
        [](const py::bytes& contents, const Secret& passphrase) {
            const auto text = view_of(contents);
            std::string sealed;
            {
                const py::gil_scoped_release release;
                sealed = crypto::seal(as_bytes(text), passphrase);
            }
            return py::bytes(sealed);
        },
        py::arg("contents"), py::arg("passphrase"), "Encrypt an archive under a passphrase.");
    m.def(
        "unseal",
        [](const py::bytes& sealed, const Secret& passphrase) {
            const auto text = view_of(sealed);
            return to_bytes(
                without_gil([&] { return crypto::unseal(as_bytes(text), passphrase); }).bytes());
        },
        py::arg("sealed"), py::arg("passphrase"), "What `seal` encrypted.");
    m.def("forbid_dumps", &forbid_dumps,
          "No core file and no debugger of the same user from here on.");
}

void bind_public_key(py::module_& m) {
    py::class_<SignerKey> key(m, "PublicKey", py::is_final(),
                              "A public key as metadata carries it.");
    no_constructor(key);
    key.def_static(
           "read",
           [](const py::bytes& contents) { return usable(SignerKey::read(view_of(contents))); },
           py::arg("contents"))
        .def_static(
            "of",
            [](const std::string& type, const py::bytes& text) {
                return usable(SignerKey::of(type, view_of(text)));
            },
            py::arg("key_type"), py::arg("public"))
        .def_property_readonly("key_type",
                               [](const SignerKey& self) { return to_str(self.key.type); })
        .def_property_readonly(
            "public", [](const SignerKey& self) { return py::bytes(self.key.public_text); })
        .def_property_readonly("key_id",
                               [](const SignerKey& self) { return to_str(self.id.str()); })
        .def_property_readonly(
            "canonical_key_id",
            [](const SignerKey& self) { return to_str(self.canonical_id.str()); })
        .def_property_readonly("spki", [](const SignerKey& self) { return py::bytes(self.spki()); })
        .def_property_readonly("role", [](const SignerKey& self) { return to_str(self.role); })
        .def_property_readonly("common_name",
                               [](const SignerKey& self) {
                                   return self.certificate ? to_str(self.certificate->common_name)
                                                           : py::str();
                               })
        .def_property_readonly("not_before",
                               [](const SignerKey& self) {
                                   return self.certificate
                                              ? std::optional(self.certificate->not_before)
                                              : std::nullopt;
                               })
        .def_property_readonly(
            "not_after",
            [](const SignerKey& self) {
                return self.certificate ? std::optional(self.certificate->not_after) : std::nullopt;
            })
        .def(
            "__eq__", [](const SignerKey& a, const SignerKey& b) { return a.id == b.id; },
            py::is_operator())
        .def("__hash__", [](const SignerKey& self) { return py::hash(to_str(self.id.str())); })
        .def("__repr__", [](const SignerKey& self) {
            return "PublicKey(" + self.key.type + " " + std::string(self.id.str()) + ")";
        });
}

void bind_private_key(py::module_& m) {
    py::class_<PrivateKey> key(m, "PrivateKey", py::is_final(),
                               "A private key, in memory that is wiped.");
    no_constructor(key);
    stays_here(key);
    key.def_static(
           "generate",
           [](const std::string& algorithm) {
               const auto kind = new_key(algorithm);
               const py::gil_scoped_release release;
               return PrivateKey::generate(kind);
           },
           py::arg("algorithm"))
        .def_static(
            "decode",
            [](const py::bytes& contents, const Secret* passphrase) {
                const auto text = view_of(contents);
                return without_gil([&]() -> Result<PrivateKey> {
                    const auto file = KeyFile::parse(text);
                    if (!file) return file.error();
                    return file.value().unlock(passphrase);
                });
            },
            py::arg("contents"), py::arg("passphrase") = py::none())
        .def_property_readonly("key_type", &key_type)
        .def_property_readonly("method", &method)
        .def_property_readonly("public",
                               [](const PrivateKey& self) { return py::bytes(self.public_text()); })
        .def_property_readonly("key_id", &key_id)
        .def(
            "sign",
            [](const PrivateKey& self, const py::bytes& message) {
                const auto text = view_of(message);
                std::string signature;
                {
                    const py::gil_scoped_release release;
                    signature = self.sign(as_bytes(text));
                }
                return py::bytes(signature);
            },
            py::arg("message"))
        .def(
            "certificate",
            [](const PrivateKey& self, const std::string& common_name, const Instant& not_before,
               const Instant& not_after) {
                return py::bytes(without_gil(
                    [&] { return self.certificate(common_name, not_before, not_after); }));
            },
            py::arg("common_name"), py::arg("not_before"), py::arg("not_after"))
        .def(
            "encode",
            [](const PrivateKey& self, const Secret& passphrase, const std::string& role,
               const std::string& gun, const std::string& path, std::int64_t rounds) {
                return py::bytes(without_gil([&] {
                    return publish::write_key_file(
                        self, passphrase, {{"role", role}, {"gun", gun}, {"path", path}}, rounds);
                }));
            },
            py::arg("passphrase"), py::kw_only(), py::arg("role") = "", py::arg("gun") = "",
            py::arg("path") = "", py::arg("rounds").noconvert() = 600'000)
        .def("__repr__", [](const PrivateKey& self) {
            return std::string("PrivateKey(") + key_type(self) + " " + key_id(self) + ")";
        });
}

void bind_key_file(py::module_& m) {
    py::class_<KeyFile> file(m, "KeyFile", py::is_final(),
                             "What a key file tells without its passphrase.");
    no_constructor(file);
    stays_here(file);
    file.def_static(
            "parse",
            [](const py::bytes& contents) {
                auto parsed = KeyFile::parse(view_of(contents));
                if (!parsed) raise_key_error(parsed.error());
                return std::move(parsed).value();
            },
            py::arg("contents"))
        .def_static(
            "parse_all",
            [](const py::bytes& contents) {
                auto parsed = KeyFile::parse_all(view_of(contents));
                if (!parsed) raise_key_error(parsed.error());
                return std::move(parsed).value();
            },
            py::arg("contents"))
        .def_property_readonly("label", [](const KeyFile& self) { return to_str(self.label()); })
        .def_property_readonly("headers",
                               [](const KeyFile& self) {
                                   py::dict out;
                                   for (const auto& [name, value] : self.headers())
                                       out[to_str(name)] = to_str(value);
                                   return out;
                               })
        .def_property_readonly("is_encrypted", &KeyFile::is_encrypted)
        .def_property_readonly("rounds", &KeyFile::rounds)
        .def_property_readonly("role",
                               [](const KeyFile& self) { return to_str(self.header("role")); })
        .def_property_readonly("gun",
                               [](const KeyFile& self) { return to_str(self.header("gun")); })
        .def_property_readonly("path",
                               [](const KeyFile& self) { return to_str(self.header("path")); })
        .def_property_readonly("pem", [](const KeyFile& self) { return to_bytes(self.text()); })
        .def("__repr__", [](const KeyFile& self) {
            return "KeyFile(" + std::string(printable(self.label())) + ")";
        });
}

}  // namespace

void bind_publish(py::module_& m) {
    m.def(
        "canonical_json",
        [](const py::bytes& document) { return py::bytes(canonical_json(document)); },
        py::arg("document"), "The form of a document that is signed.");
    m.def(
        "key_id",
        [](const std::string& type, const py::bytes& text) {
            return metadata::key_id(type, to_base64(as_bytes(view_of(text)))).str();
        },
        py::arg("key_type"), py::arg("public"), "The id of a key in metadata.");
    bind_secret(m);
    bind_public_key(m);
    bind_private_key(m);
    bind_key_file(m);
}

}  // namespace contenttrust::bindings
