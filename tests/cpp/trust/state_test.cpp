#include "contenttrust/trust/state.hpp"

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/metadata/decode.hpp"
#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using simulator::digest;
using simulator::replaced;

const std::string& root() {
    static const std::string document = simulator::collection().root_document();
    return document;
}

State bare() { return {Gun::parse("registry.example.com:8443/team/web").value(), root(), {}}; }

State example() {
    return {
        bare().gun,
        root(),
        {{RoleName::timestamp(),
          {metadata::Version(std::int64_t{1} << 53), digest("t"), {digest("k1"), digest("k2")}}},
         {RoleName::releases(), {metadata::Version(1), digest("r"), {}}},
         {RoleName::targets(), {metadata::Version(7), digest("s"), {digest("k3")}}}}};
}

void damaged(const std::string& text) {
    const auto state = State::from_json(text);
    BOOST_TEST(!state, "read: " << text);
    if (state) return;
    BOOST_TEST((state.error().code == ErrorCode::malformed));
    BOOST_TEST(state.error().message.find("the remembered state is damaged") == 0U,
               state.error().message);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(state)

BOOST_AUTO_TEST_CASE(a_state_survives_the_round_trip) {
    const auto state = example();
    const auto read = State::from_json(state.to_json());
    held(read);
    BOOST_TEST((read.value() == state));
    BOOST_TEST(read.value().to_json() == state.to_json());
    BOOST_TEST((State::from_json(bare().to_json()).value() == bare()));
}

BOOST_AUTO_TEST_CASE(the_text_is_canonical_json_of_the_named_schema) {
    const auto text = example().to_json();
    const auto document = json::Document::parse(text).value();
    BOOST_TEST(json::canonical(document.root()) == text);
    BOOST_TEST(document.root().member("schema")->string().value() == "contenttrust.state/1");
}

BOOST_AUTO_TEST_CASE(a_text_that_is_cut_anywhere_is_refused) {
    const auto text = example().to_json();
    for (std::size_t size = 0; size < text.size(); ++size) damaged(text.substr(0, size));
    for (std::size_t start = 1; start < text.size(); ++start) damaged(text.substr(start));
}

BOOST_AUTO_TEST_CASE(a_text_with_anything_behind_it_is_refused) {
    const auto text = example().to_json();
    for (const char* tail : {" ", "\n", "}", "{}", "x"}) damaged(text + tail);
    damaged(text + std::string(1, '\0'));
    damaged(std::string("\xef\xbb\xbf") + text);
}

BOOST_AUTO_TEST_CASE(a_changed_bit_is_refused_or_read_as_exactly_what_stands_there) {
    const auto text = example().to_json();
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = text;
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            const auto state = State::from_json(changed);
            if (state) BOOST_TEST(state.value().to_json() == changed);
        }
    }
}

BOOST_AUTO_TEST_CASE(another_schema_is_refused) {
    const auto text = example().to_json();
    for (const auto* schema :
         {"\"contenttrust.state/2\"", "\"contenttrust.state/\"", "\"\"", "null", "1"}) {
        damaged(replaced(text, "\"contenttrust.state/1\"", schema));
    }
    damaged(replaced(text, ",\"schema\":\"contenttrust.state/1\"", ""));
}

BOOST_AUTO_TEST_CASE(what_is_no_gun_is_refused) {
    const auto text = example().to_json();
    const auto gun = "\"" + example().gun.str() + "\"";
    for (const auto* other : {"\"\"", "\"../x\"", "\"a b\"", "null", "7", "[]"})
        damaged(replaced(text, gun, other));
    damaged(replaced(text, "\"gun\":" + gun + ",", ""));
}

BOOST_AUTO_TEST_CASE(every_spelling_but_the_canonical_one_is_refused) {
    const auto text = example().to_json();
    damaged(replaced(text, "{\"gun\":", "{ \"gun\":"));
    damaged(replaced(text, "{\"gun\":", "{\"extra\":1,\"gun\":"));
    damaged(replaced(text, "\"gun\":", "\"g\\u0075n\":"));
    damaged(replaced(text, "web\"", "w\\u0065b\""));
    damaged(replaced(text, "\"version\":7", "\"version\":7.0"));
    damaged(replaced(text, "\"version\":7", "\"version\":7,\"version\":7"));
    const auto schema = std::string(",\"schema\":\"contenttrust.state/1\"");
    damaged(
        replaced(replaced(text, schema, ""), "{\"gun\":", "{" + schema.substr(1) + ",\"gun\":"));
}

BOOST_AUTO_TEST_CASE(keys_out_of_order_or_twice_are_refused) {
    const auto text = example().to_json();
    const auto first =
        "\"" + to_base64(*example().roles.at(RoleName::timestamp()).signed_by.begin()) + "\"";
    const auto second =
        "\"" + to_base64(*example().roles.at(RoleName::timestamp()).signed_by.rbegin()) + "\"";
    const auto list = first + "," + second;
    damaged(replaced(text, list, second + "," + first));
    damaged(replaced(text, list, first + "," + first));
    damaged(replaced(text, list, first + ",\"AA==\""));
    damaged(replaced(text, list, first + ",7"));
    damaged(replaced(text, "\"keys\":[" + list + "]", "\"keys\":null"));
}

BOOST_AUTO_TEST_CASE(roles_that_are_no_roles_are_refused) {
    const auto text = example().to_json();
    for (const auto* name : {"\"targets/\"", "\"Targets\"", "\"\"", "\"targets/../root\""}) {
        damaged(replaced(text, "\"timestamp\"", name));
    }
    for (const auto* version : {"0", "-1", "null", "\"7\"", "9007199254740993"}) {
        damaged(replaced(text, "\"version\":7", "\"version\":" + std::string(version)));
    }
    damaged(replaced(text, "\"sha256\":\"" + to_base64(digest("s")) + "\"", "\"sha256\":\"AA==\""));
    damaged(replaced(text, "\"roles\":", "\"rules\":"));
    damaged(replaced(bare().to_json(), "\"roles\":{}", "\"roles\":[]"));
    damaged(replaced(bare().to_json(), "\"roles\":{}", "\"roles\":{\"root\":null}"));
}

BOOST_AUTO_TEST_CASE(a_state_without_a_root_is_refused) {
    const auto text = bare().to_json();
    const auto member = "\"root\":\"" + to_base64(as_bytes(root())) + "\"";
    for (const auto* other : {"\"\"", "null", "\"eA\"", "\"eA==\\n\"", "\"*\"", "\"AAAA\""}) {
        damaged(replaced(text, member, "\"root\":" + std::string(other)));
    }
}

BOOST_AUTO_TEST_CASE(a_root_that_is_none_is_refused_and_one_over_the_usual_limits_is_not) {
    auto made = simulator::collection();
    for (const auto& junk : {std::string("x"), std::string("{}"), made.publish().at("timestamp")})
        damaged(State{bare().gun, junk, {}}.to_json());
    const metadata::DecodeLimits usual;
    made.root.signers.emplace(usual.signatures + 1, made.root.keys.front());
    const auto many = made.root_document();
    BOOST_TEST(!metadata::decode_root(many, usual));
    held(State::from_json(State{bare().gun, many, {}}.to_json()));
}

BOOST_AUTO_TEST_CASE(the_root_version_is_read_from_the_root_and_zero_when_damaged) {
    auto made = simulator::collection();
    made.root.version = 12;
    const auto gun = Gun::parse(made.gun).value();
    BOOST_TEST((State{gun, made.root_document(), {}}).root_version() == 12);
    BOOST_TEST((State{gun, "x", {}}).root_version() == 0);
}

BOOST_AUTO_TEST_CASE(states_differ_in_every_member) {
    const auto state = example();
    for (const auto& change : std::vector<std::function<void(State&)>>{
             [](State& s) { s.gun = Gun::parse("other").value(); }, [](State& s) { s.root += "x"; },
             [](State& s) { s.roles.erase(RoleName::targets()); },
             [](State& s) { s.roles.at(RoleName::targets()).version = metadata::Version(8); },
             [](State& s) { s.roles.at(RoleName::targets()).digest = {}; },
             [](State& s) { s.roles.at(RoleName::targets()).signed_by.clear(); }}) {
        auto other = state;
        change(other);
        BOOST_TEST((other != state));
        BOOST_TEST(other.to_json() != state.to_json());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
