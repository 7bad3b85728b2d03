// A JSON value is made by its Document only, whose memory it borrows.
// expect: (is private within this context|private member)
#include "contenttrust/json/reader.hpp"

void forged(contenttrust::json::Value& value) { value.raw_ = {1, 2}; }
