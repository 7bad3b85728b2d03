#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "bind.hpp"
#include "contenttrust/crypto/batch_verify.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/crypto/public_key_file.hpp"
#include "convert.hpp"
#include "raise.hpp"

namespace contenttrust::bindings {
namespace {

Bytes bytes_of(const py::handle& object, const char* name) {
    if (!PyBytes_Check(object.ptr())) throw py::type_error(std::string(name) + " must be bytes");
    return as_bytes(view_of(object));
}

crypto::Method method_of(const py::handle& object) {
    if (!PyUnicode_Check(object.ptr())) throw py::type_error("method must be a str");
    // A lone surrogate is in no method's name, but must not be another error than any other wrong name.
    const py::bytes text = object.attr("encode")("utf-8", "backslashreplace");
    const auto method = crypto::parse_method(view_of(text));
    if (!method) {
        throw py::value_error("method must be ecdsa, rsapss, rsapkcs1v15 or eddsa, not " +
                              py::repr(object).cast<std::string>());
    }
    return *method;
}

bool verify_signature(const py::object& key, const py::object& signature, const py::object& message,
                      const py::object& method) {
    const Bytes key_bytes = bytes_of(key, "key");
    const Bytes signature_bytes = bytes_of(signature, "signature");
    const Bytes message_bytes = bytes_of(message, "message");
    const crypto::Method how = method_of(method);
    Result<bool> answer = false;
    {
        const py::gil_scoped_release release;
        const auto usable = crypto::read_public_key(key_bytes);
        if (usable) {
            const crypto::Message signed_text{message_bytes, crypto::sha256(message_bytes)};
            answer = usable.value().verify(how, signed_text, signature_bytes);
        } else {
            answer = usable.error();
        }
    }
    if (!answer) raise_unusable_key(answer.error());
    return answer.value();
}

// One of several signatures; borrows from `owner`.
struct Job {
    py::tuple owner;
    Bytes key;
    Bytes signature;
    Bytes message;
};

std::vector<bool> accepted_together(const py::iterable& jobs) {
    std::vector<Job> todo;
    for (const auto& element : jobs) {
        const auto owner = element.cast<py::tuple>();
        if (owner.size() != 3) throw py::type_error("a job is (key, signature, message)");
        todo.push_back({owner, bytes_of(owner[0], "key"), bytes_of(owner[1], "signature"),
                        bytes_of(owner[2], "message")});
    }
    std::vector<bool> out;
    const py::gil_scoped_release release;
    crypto::BatchVerify batch;
    std::vector<std::optional<std::size_t>> numbers;
    for (const Job& job : todo) {
        const auto key = crypto::read_public_key(job.key);
        const auto digest = crypto::sha256(job.message);
        numbers.push_back(key ? batch.add(key.value(), digest, job.signature) : std::nullopt);
    }
    const auto accepted = batch.run();
    for (const auto& number : numbers) out.push_back(number && accepted[*number]);
    return out;
}

}  // namespace

void bind_crypto(py::module_& m) {
    m.def("verify_signature", &verify_signature, py::arg("key"), py::arg("signature"),
          py::arg("message"), py::arg("method"),
          "Whether a signature is the key's over the message, by one of Notary's methods.");
    m.def("accepted_together", &accepted_together, py::arg("jobs"),
          "Which P-256 signatures were accepted eight at a time; a no says nothing.");
}

}  // namespace contenttrust::bindings
