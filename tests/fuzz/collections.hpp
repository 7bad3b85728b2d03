/// Whole collections as fuzz inputs: packed into one text, and signed without cryptography.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/trust/verify.hpp"

namespace contenttrust::fuzz {

using Documents = std::map<std::string, std::string>;

/// A signature of these bytes counts as right, whoever it names: changes of a signed text need no new signature then, and
/// reach what lies behind the signatures. All other signatures are checked.
inline constexpr std::string_view right_signature = "right";

/// One input. Lines that begin with `== ` part it: `== gun NAME`, `== now TIME`, `== FILE` with the text of the file
/// below, `== then`: what follows changes the files that the source has in the next verification.
struct Packed {
    std::string gun = "registry.example.com/team/web";
    Instant now;
    std::vector<Documents> publications;  ///< one verification after another
};

/// In snapshot and timestamp `"@FILE"` becomes length and digests of that file.
Packed unpack(std::string_view input);

struct Judged {
    Result<std::shared_ptr<const trust::TrustedRepository>> verdict;
    std::optional<trust::State> state;
};

/// The verdict over all files at once, with right signatures confirmed.
Judged judge_complete(const trust::Given& given, const Documents& documents);
/// The same by a source that is asked for one round of files after another.
Judged judge_asked(const trust::Given& given, const Documents& documents);

/// What holds of everything that was accepted.
void require_sound(const trust::TrustedRepository& repository, const trust::Given& given);
/// Two verdicts over the same.
void require_same(const Judged& a, const Judged& b, std::string_view what);

}  // namespace contenttrust::fuzz
