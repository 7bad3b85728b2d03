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

# Intel's crypto_mb, which no distribution has: build requirements in pyproject.toml, for the Python that builds. Without
# it libcrypto checks every signature, one by one.
add_library(contenttrust_crypto_mb INTERFACE)
find_package(Python 3.10 QUIET COMPONENTS Interpreter)
if(Python_Interpreter_FOUND)
    execute_process(
        COMMAND "${Python_EXECUTABLE}" -c [[
from importlib.metadata import files

def find(distribution, name):
    (path,) = (path for path in files(distribution) if path.name == name)
    return path.locate().resolve(strict=True)

header = find("ipp-crypto-include", "ec_nistp256.h")
print(find("ipp-crypto-static", "libcrypto_mb.a"), header.parents[1], sep=";", end="")
]]
        OUTPUT_VARIABLE found_crypto_mb
        RESULT_VARIABLE crypto_mb_absent
        ERROR_QUIET
    )
endif()
set(CONTENTTRUST_CRYPTO_MB_LIBRARY "")
if(Python_Interpreter_FOUND AND NOT crypto_mb_absent)
    list(GET found_crypto_mb 0 CONTENTTRUST_CRYPTO_MB_LIBRARY)
    list(GET found_crypto_mb 1 crypto_mb_include)
    target_link_libraries(contenttrust_crypto_mb INTERFACE "${CONTENTTRUST_CRYPTO_MB_LIBRARY}")
    target_include_directories(contenttrust_crypto_mb SYSTEM INTERFACE "${crypto_mb_include}")
    target_compile_definitions(contenttrust_crypto_mb INTERFACE BN_OPENSSL_DISABLE)
    message(STATUS "Eight P-256 signatures at a time: ${CONTENTTRUST_CRYPTO_MB_LIBRARY}")
else()
    message(STATUS "Eight P-256 signatures at a time: absent (no ipp-crypto-static and ipp-crypto-include for ${Python_EXECUTABLE})")
endif()
