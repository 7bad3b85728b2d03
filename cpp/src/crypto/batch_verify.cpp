#include "contenttrust/crypto/batch_verify.hpp"

#include <algorithm>
#include <cstring>

#include "eight_lanes.hpp"

namespace contenttrust::crypto {
namespace {

using Octets32 = std::array<unsigned char, 32>;

// The order of P-256 (FIPS 186-4 D.1.2.3), big-endian.
constexpr Octets32 order{0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                         0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                         0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

// Eight lanes take as long for one signature as for eight: about as long as libcrypto takes for two.
constexpr std::size_t fewest_lanes = 3;

// FIPS 186-4 §4.7: checked here, whatever the lanes check themselves.
bool in_range(const Octets32& number) { return number != Octets32{} && number < order; }

std::array<unsigned long long, 4> limbs(const std::array<std::byte, 32>& big_endian) {
    std::array<unsigned long long, 4> out{};
    for (std::size_t i = 0; i < big_endian.size(); ++i) {
        auto& limb = out[out.size() - 1 - i / 8];
        limb = limb << 8 | std::to_integer<unsigned long long>(big_endian[i]);
    }
    return out;
}

}  // namespace

bool eight_at_a_time() noexcept { return eight_lanes::available(); }

std::string crypto_mb_version() { return eight_lanes::version(); }

std::optional<std::size_t> BatchVerify::add(const PublicKey& key, const Sha256& digest,
                                            Bytes signature) {
    const P256Point* point = key.p256_point();
    Job job;
    if (point == nullptr || signature.size() != job.r.size() + job.s.size()) return std::nullopt;
    std::memcpy(job.r.data(), signature.data(), job.r.size());
    std::memcpy(job.s.data(), signature.data() + job.r.size(), job.s.size());
    if (!in_range(job.r) || !in_range(job.s) || !eight_at_a_time()) return std::nullopt;
    std::memcpy(job.digest.data(), digest.data(), job.digest.size());
    // The lanes would compute on with a point of another curve and say yes to forged signatures. This one lies on
    // P-256: EC_POINT_oct2point refused every other when the key was decoded.
    job.x = limbs(point->x);
    job.y = limbs(point->y);
    jobs_.push_back(job);
    return jobs_.size() - 1;
}

std::vector<bool> BatchVerify::run() {
    std::vector<bool> out(jobs_.size(), false);
    for (std::size_t first = 0; first + fewest_lanes <= jobs_.size(); first += 8) {
        std::array<const Job*, 8> lanes{};
        for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
            lanes[lane] = &jobs_[std::min(first + lane, jobs_.size() - 1)];
        }
        const auto accepted = eight_lanes::accepted(lanes);
        for (std::size_t i = first; i < std::min(first + 8, jobs_.size()); ++i) {
            out[i] = accepted[i - first];
        }
    }
    jobs_.clear();
    return out;
}

}  // namespace contenttrust::crypto
