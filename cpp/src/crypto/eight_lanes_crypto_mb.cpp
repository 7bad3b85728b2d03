#include "eight_lanes.hpp"

extern "C" {
#include <crypto_mb/cpu_features.h>
#include <crypto_mb/ec_nistp256.h>
#include <crypto_mb/version.h>
}

namespace contenttrust::crypto::eight_lanes {
namespace {

// crypto_mb has roads for lesser processors too, of another width: only the one with AVX-512 IFMA is taken.
bool applicable() noexcept {
    const auto needed = static_cast<int64u>(MBX_AVX512_GENERAL_ISA);
    return mbx_is_crypto_mb_applicable(0) != 0 && (mbx_get_cpu_features() & needed) == needed &&
           (mbx_get_algo_info(MBX_ALGO_ECDSA_NIST_P256) & MBX_WIDTH_MB8) != 0;
}

}  // namespace

bool available() noexcept {
    static const bool found = applicable();
    return found;
}

std::string version() {
    const mbxVersion& found = *mbx_getversion();
    return std::to_string(found.major) + "." + std::to_string(found.minor) + "." +
           std::to_string(found.patch);
}

std::bitset<8> accepted(const std::array<const BatchVerify::Job*, 8>& jobs) {
    std::array<const int8u*, 8> r{};
    std::array<const int8u*, 8> s{};
    std::array<const int8u*, 8> digests{};
    std::array<const int64u*, 8> x{};
    std::array<const int64u*, 8> y{};
    for (std::size_t lane = 0; lane < jobs.size(); ++lane) {
        r[lane] = jobs[lane]->r.data();
        s[lane] = jobs[lane]->s.data();
        digests[lane] = jobs[lane]->digest.data();
        x[lane] = jobs[lane]->x.data();
        y[lane] = jobs[lane]->y.data();
    }
    // No third coordinate: the keys are affine.
    const mbx_status status = mbx_nistp256_ecdsa_verify_mb8(r.data(), s.data(), digests.data(),
                                                            x.data(), y.data(), nullptr, nullptr);
    std::bitset<8> out;
    for (int lane = 0; lane < 8; ++lane) {
        out[static_cast<std::size_t>(lane)] = MBX_GET_STS(status, lane) == MBX_STATUS_OK;
    }
    return out;
}

}  // namespace contenttrust::crypto::eight_lanes
