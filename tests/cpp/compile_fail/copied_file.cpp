// The decoded envelope is a view into the text of its File, so that a File is neither copied nor moved.
// expect: (use of deleted function|call to deleted constructor)
#include "contenttrust/trust/file.hpp"

using namespace contenttrust::trust;

File copied(const File& file) { return file; }
