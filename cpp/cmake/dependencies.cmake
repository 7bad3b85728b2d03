# Libraries of the distribution. Imported targets are SYSTEM: their headers are not held to our warnings.
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)

find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium>=1.0.18)

# Distributions ship simdjson's CMake package, its pkg-config file, or both.
add_library(contenttrust_simdjson INTERFACE)
find_package(simdjson CONFIG QUIET)
if(simdjson_FOUND)
    target_link_libraries(contenttrust_simdjson INTERFACE simdjson::simdjson)
else()
    pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
    target_link_libraries(contenttrust_simdjson INTERFACE PkgConfig::simdjson)
endif()

find_package(Threads REQUIRED)
