// A length is no version, though both are integers.
// expect: (could not convert|cannot convert|no viable conversion|no matching function)
#include "contenttrust/metadata/file_meta.hpp"
#include "contenttrust/metadata/signed.hpp"

using namespace contenttrust::metadata;

bool is_newer(Version version) { return version > Version(1); }

bool mixed_up(const FileMeta& meta) { return is_newer(meta.length); }
