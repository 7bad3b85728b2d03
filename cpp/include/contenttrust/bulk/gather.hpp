/// Signatures of many collections, checked together before the collections are judged one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "contenttrust/crypto/batch_verify.hpp"
#include "contenttrust/trust/verify.hpp"

namespace contenttrust::bulk {

/// Walks the files of a collection as the judgement would if every signature were right, and notes those signatures.
/// Nothing is judged here: the judgement asks the same questions in the same order, and finds some of them answered
/// with yes. For one thread. The Updates that were looked at must live until `check` has run.
class Gather {
  public:
    explicit Gather(const trust::Requirements& requirements) : requirements_(requirements) {}

    /// Decodes what the judgement would decode, within the same limits. All files must have been put.
    void look_at(trust::Update& update);

    /// Checks what was noted and forgets it.
    void check();
    void forget() noexcept;

  private:
    class Walk;
    void note(const crypto::PublicKey& key, const metadata::Envelope& envelope,
              const metadata::Signature& signature);

    const trust::Requirements& requirements_;
    crypto::BatchVerify batch_;
    std::vector<const metadata::Signature*> noted_;  // by their number in the batch
    std::size_t first_of_item_ = 0;
    std::size_t refused_of_item_ = 0;
};

}  // namespace contenttrust::bulk
