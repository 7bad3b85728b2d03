/// A document with one object too large to be held as a whole: its members are read some hundred at a time.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "contenttrust/json/reader.hpp"

namespace contenttrust::json {

/// The document with that object left empty, and the exact text, in the document as it came, of the member around it.
struct Hollow {
    Document document;
    std::string_view outer;
};

/// Gives the members of the object `inner`, a member of `outer`, a member of the document, to `take` one by one.
///
/// Nothing is returned, and what was taken counts for nothing, unless the whole text is sure to pass Document::parse,
/// all its numbers are plain integers, the members come in strictly increasing order, and `take` takes each. Then
/// Document::parse knows what is wrong, if anything is.
std::optional<Hollow> read_in_windows(std::string_view text, std::string_view outer,
                                      std::string_view inner,
                                      const std::function<bool(const Members::Member&)>& take);

}  // namespace contenttrust::json
