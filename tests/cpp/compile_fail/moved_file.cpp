// As copied_file: a moved text would leave the envelope behind.
// expect: (use of deleted function|call to deleted constructor)
#include <utility>

#include "contenttrust/trust/file.hpp"

using namespace contenttrust::trust;

File moved(File& file) { return std::move(file); }
