/// Times the floor: walks the repositories of a pack as often as told and prints one JSON document.
///
///     floor PACK THREADS PASSES [list]
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "walk.hpp"

namespace bench {
namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string hex(const Sha256& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const unsigned char c : digest) {
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    return out;
}

struct Round {
    double cpu;
    double wall;
};

/// All repositories once; every thread has a walker of its own, which stays warm from round to round.
Round walk_all(const std::vector<Repository>& repositories, std::vector<Kept>& kept,
               std::vector<std::unique_ptr<Walker>>& walkers, std::vector<Verified>& verified) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> refused{false};
    const auto work = [&](Walker& walker) {
        for (auto i = next.fetch_add(1); i < repositories.size(); i = next.fetch_add(1)) {
            try {
                verified[i] = walker.walk(repositories[i], kept[i]);
            } catch (const Refused& reason) {
                std::fprintf(stderr, "%s: %s\n", repositories[i].gun.c_str(), reason.what());
                refused = true;
            }
        }
    };
    const auto start = std::chrono::steady_clock::now();
    const double before = cpu_seconds();
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < walkers.size(); ++i) {
            threads.emplace_back(work, std::ref(*walkers[i]));
        }
        work(*walkers.front());
    }
    if (refused) throw Refused("not every repository holds");
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    return {cpu_seconds() - before, wall.count()};
}

/// Digest of every tag of every role, to compare with what others read out of the same pack.
std::string fingerprint(const std::vector<Repository>& repositories,
                        std::vector<Verified>& verified) {
    std::string lines;
    for (std::size_t i = 0; i < repositories.size(); ++i) {
        std::ranges::sort(verified[i].roles, {}, &Index::role);
        for (const auto& role : verified[i].roles) {
            for (const auto& tag : role.tags) {
                lines.append(repositories[i].gun).append(" ").append(role.role).append(" ");
                lines.append(role.name(tag)).append(" ").append(hex(tag.sha256)).append(" ");
                lines.append(std::to_string(tag.size)).append("\n");
            }
        }
    }
    return hex(Hasher().sha256(lines));
}

void print(const char* name, const std::vector<Round>& rounds, double Round::*part) {
    std::printf("\"%s\": [", name);
    for (const auto& round : rounds) {
        std::printf("%s%.6f", &round == &rounds.front() ? "" : ", ", round.*part);
    }
    std::printf("], ");
}

unsigned number(std::string_view text) {
    unsigned out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

int run(const std::vector<std::string_view>& arguments) {
    if (arguments.size() < 3) {
        std::fputs("usage: floor PACK THREADS PASSES [list]\n", stderr);
        return 2;
    }
    const auto repositories = read_pack(std::string(arguments[0]));
    std::vector<std::unique_ptr<Walker>> walkers(std::max(1U, number(arguments[1])));
    for (auto& walker : walkers) walker = std::make_unique<Walker>();
    std::vector<Kept> kept(repositories.size());
    std::vector<Verified> verified(repositories.size());
    walk_all(repositories, kept, walkers, verified);  // decodes the keys that are kept; not timed
    std::vector<Round> rounds;
    for (unsigned i = 0; i < number(arguments[2]); ++i) {
        for (auto& one : verified) one = {};
        rounds.push_back(walk_all(repositories, kept, walkers, verified));
    }
    std::size_t signatures = 0;
    std::size_t tags = 0;
    for (const auto& one : verified) {
        signatures += one.signatures;
        for (const auto& role : one.roles) tags += role.tags.size();
    }
    std::fputs("{", stdout);
    print("cpu", rounds, &Round::cpu);
    print("wall", rounds, &Round::wall);
    if (arguments.size() > 3) {
        std::printf("\"fingerprint\": \"%s\", ", fingerprint(repositories, verified).c_str());
    }
    std::printf("\"signatures\": %zu, \"tags\": %zu}\n", signatures, tags);
    return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** values) {
    try {
        return bench::run({values + 1, values + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "floor: %s\n", error.what());
        return 1;
    }
}
