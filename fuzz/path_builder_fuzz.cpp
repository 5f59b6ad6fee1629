// SPDX-License-Identifier: BSL-1.0
// Fuzz target: an arbitrary tangle of certificates, sent, configured and trusted. The work is bounded by the limits, every path is
// a path, and what passes also passes a second, plainer validator.
// Input: three limits, then six bytes per certificate: subject and issuer, key and signer, place, flags, key ids, dates.
// The target is linked alone, so it brings its support along.
#include "core/evidence.hpp"
#include "core/path_builder.hpp"
#include "tests/support/certificate_builder.cpp"  // NOLINT(bugprone-suspicious-include)

#include <cstdlib>
#include <map>
#include <set>
#include <string>

namespace {

using namespace omnitls;
using test::CertificateSpec;

constexpr std::size_t bytes_per_certificate = 6;
constexpr std::size_t max_certificates = 32;

void require(bool fact) {
    if (!fact) std::abort();
}

bool bit(unsigned value, unsigned place) { return (value >> place & 1U) != 0; }

std::string pick(const char* prefix, unsigned value) { return prefix + std::to_string(value % 8); }

struct World {
    Limits limits;
    std::vector<Bytes> sent;
    std::vector<Certificate> intermediates;
    std::vector<Certificate> anchors;
};

CertificateSpec spec_from(ConstBytes bytes, unsigned serial) {
    CertificateSpec spec;
    spec.serial = serial;
    spec.subject = pick("name", bytes[0]);
    spec.issuer = pick("name", bytes[0] >> 4U);
    spec.key = pick("key", bytes[1]);
    spec.signed_by = pick("key", bytes[1] >> 4U);
    if (bit(bytes[3], 0)) {
        spec.basic_constraints = BasicConstraints{!bit(bytes[3], 1), std::nullopt};
        if (bit(bytes[3], 2)) spec.basic_constraints->path_length = bytes[3] >> 6U;
    }
    if (bit(bytes[3], 3)) spec.key_usage = static_cast<std::uint16_t>(bytes[3] >> 1U & 0x21U);
    if (bit(bytes[3], 4))
        spec.extended_key_usage = {bit(bytes[3], 5) ? test::server_auth : test::client_auth};
    if (bit(bytes[4], 0)) spec.subject_key_id = pick("id", bytes[4] >> 1U & 3U);
    if (bit(bytes[4], 3)) spec.authority_key_id = pick("id", bytes[4] >> 4U & 3U);
    if (bit(bytes[4], 6)) spec.names = {test::general::dns(spec.subject + ".test")};
    if (bit(bytes[4], 7)) spec.permitted = {test::general::dns(spec.subject + ".test")};
    if (bytes[5] % 16 == 1) spec.not_after = test::first_day;
    if (bytes[5] % 16 == 2) spec.not_before = test::last_day;
    if (bytes[5] % 16 == 3) spec.critical = {"2.999.1"};
    return spec;
}

// Inputs differ in few certificates, and making one costs more than judging it.
const Certificate& certificate_from(ConstBytes bytes, unsigned serial) {
    static std::map<Bytes, Certificate> made;
    Bytes key(bytes.begin(), bytes.begin() + bytes_per_certificate);
    key[2] = static_cast<std::uint8_t>(serial);  // the place is not part of a certificate
    if (made.size() > 20'000) made.clear();
    auto found = made.find(key);
    if (found == made.end()) {
        found = made.emplace(key, test::build(spec_from(bytes, serial))).first;
    }
    return found->second;
}

World world_from(ConstBytes input) {
    World world;
    world.limits.path_depth = input[0] % 12;
    world.limits.candidate_paths = input[1] % 40;
    world.limits.path_signatures = input[2] % 120;
    world.limits.chain_certificates = 64;
    input = input.subspan(3);
    for (unsigned serial = 1; input.size() >= bytes_per_certificate && serial <= max_certificates;
         ++serial) {
        const Certificate certificate = certificate_from(input, serial);
        const unsigned place = serial == 1 ? 0U : input[2] % 4U;
        if (place <= 1) world.sent.push_back(certificate.der());
        if (place == 2) world.intermediates.push_back(certificate);
        if (place == 3 || input[2] == 255) world.anchors.push_back(certificate);
        input = input.subspan(bytes_per_certificate);
    }
    return world;
}

bool chains(const std::vector<Certificate>& path) {
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
        if (path[i].fields().issuer.der != path[i + 1].fields().subject.der) return false;
    }
    return true;
}

bool has_loop(const std::vector<Certificate>& path) {
    std::set<std::pair<Bytes, Bytes>> entities;
    for (const auto& certificate : path) {
        entities.emplace(certificate.fields().subject.der, certificate.fields().spki);
    }
    return entities.size() != path.size();
}

bool is_anchor(const World& world, const Certificate& certificate) {
    return std::find(world.anchors.begin(), world.anchors.end(), certificate) !=
           world.anchors.end();
}

void run_builder(const World& world, const PeerInfo& peer) {
    std::vector<spi::PathElement> sent;
    for (const auto& certificate : peer.chain) sent.push_back({&*certificate.parsed, nullptr});
    core::PathBuilder builder({sent, world.intermediates, world.anchors}, world.limits);
    const std::size_t most_paths = std::max<std::size_t>(world.limits.candidate_paths, 1);
    const std::size_t most_depth = std::max<std::size_t>(world.limits.path_depth, 1);
    std::set<std::vector<const Certificate*>> seen;
    while (const core::Path* path = builder.next()) {
        std::vector<Certificate> certificates;
        std::vector<const Certificate*> identity;
        for (const auto& element : *path) {
            certificates.push_back(*element.certificate);
            identity.push_back(element.certificate);
        }
        require(seen.insert(identity).second);
        require(seen.size() <= most_paths);
        require(path->size() <= most_depth);
        require(path->front().certificate == sent.front().certificate);
        require(is_anchor(world, certificates.back()));
        require(chains(certificates) && !has_loop(certificates));
    }
    require(builder.steps() <= core::PathBuilder::max_steps(world.limits));
    require(builder.next() == nullptr);
    const core::Path piece = builder.partial();
    require(!piece.empty() && piece.size() <= most_depth);
    require(builder.steps() <= core::PathBuilder::max_steps(world.limits));
}

// RFC 5280 §6.1 for the shapes made here, written down a second time.
void validate(const World& world, const VerifyRequest& request) {
    const std::vector<Certificate>& path = request.path;
    const test::FakeCrypto crypto;
    require(!path.empty() && is_anchor(world, path.back()) && chains(path) && !has_loop(path));
    require(path.front().der() == world.sent.front());
    for (std::size_t i = 0; i < path.size(); ++i) {
        const CertificateFields& fields = path[i].fields();
        require(fields.not_before <= request.time && request.time <= fields.not_after);
        require(fields.unknown_critical_extensions.empty());
        const auto& usages = fields.extended_key_usage;
        require(!usages || usages->front() == test::server_auth);
        require(
            path[i].has_key_usage(i == 0 ? KeyUsage::digital_signature : KeyUsage::key_cert_sign));
        require(i == 0 || (fields.basic_constraints && fields.basic_constraints->ca));
        if (i + 1 < path.size()) {
            const auto check =
                crypto.verify_signature(path[i + 1].fields().spki, fields.signature_algorithm,
                                        fields.tbs, fields.signature);
            require(check == spi::SignatureCheck::valid);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3 + bytes_per_certificate) return 0;
    const World world = world_from({data, size});
    run_builder(world, PeerInfo::from_der(world.sent));

    std::vector<spi::NativeCertificate> chain;
    for (const Bytes& der : world.sent) chain.push_back({der, nullptr});
    const TrustAnchors trust = TrustAnchors::of(world.anchors);
    const test::FakeContext context;
    const test::FakeCrypto crypto;
    const auto request = core::make_evidence({Role::client,
                                              chain,
                                              nullptr,
                                              &trust,
                                              world.intermediates,
                                              world.limits,
                                              test::judged_at,
                                              context,
                                              crypto,
                                              {},
                                              {},
                                              ProtocolVersion::tls13,
                                              {}});
    require(crypto.checks() <= world.limits.path_signatures);
    require(context.asked().size() <= std::max<std::size_t>(world.limits.candidate_paths, 1));
    if (request->baseline_passed()) validate(world, *request);
    return 0;
}
