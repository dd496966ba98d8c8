#include "scorer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "decode.hpp"
#include "network_pixels.hpp"

namespace {

constexpr int preprocessing = 2;  // the version of the steps in network_pixels.cpp

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double, std::milli>(end - begin).count();
}

Ort::SessionOptions options() {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);  // for more cores, score several films at once
    options.SetInterOpNumThreads(1);
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
    return options;
}

Ort::Session open_session(const Ort::Env& env, const std::string& model) {
    try {
        return Ort::Session(env, std::filesystem::u8path(model).c_str(), options());
    } catch (const Ort::Exception& error) {
        const std::string reason = error.what();
        throw std::runtime_error("found no usable ONNX model (" + reason.substr(0, reason.find('\n')) +
                                 "); expected one");
    }
}

nlohmann::json card_of(const Ort::Session& session) {
    Ort::AllocatorWithDefaultOptions allocator;
    const auto text = session.GetModelMetadata().LookupCustomMetadataMapAllocated("cxr_edge.card", allocator);
    if (!text) throw std::runtime_error("found a model without a card; expected one made by cxr-edge");
    return nlohmann::json::parse(text.get());
}

Limits limits_of(const nlohmann::json& quality) {
    const auto number = [&](const char* name) { return quality.at(name).get<double>(); };
    return {quality.at("kinds").get<std::vector<std::string>>(),
            number("upright"),
            quality.at("mean").at(0).get<double>(),
            quality.at("mean").at(1).get<double>(),
            number("contrast"),
            number("adult"),
            number("least_lung"),
            number("lung_at_edge")};
}

}  // namespace

Scorer::Scorer(const std::string& model)
    : env_(ORT_LOGGING_LEVEL_ERROR, "score_films"), session_(open_session(env_, model)) {
    const nlohmann::json card = card_of(session_);
    const int version = card.at("preprocessing").get<int>();
    if (version != preprocessing)
        throw std::runtime_error("found preprocessing version " + std::to_string(version) + "; expected " +
                                 std::to_string(preprocessing));
    input_ = {card.at("input_size").at(1).get<std::size_t>(), card.at("input_size").at(0).get<std::size_t>()};
    std::vector<double> thresholds;
    for (const auto& point : card.at("operating_points")) thresholds.push_back(point.at("threshold").get<double>());
    if (thresholds.empty()) throw std::runtime_error("found a card without operating points; expected one or more");
    const auto [lowest, highest] = std::minmax_element(thresholds.begin(), thresholds.end());
    lowest_ = *lowest;
    highest_ = *highest;
    limits_ = limits_of(card.at("quality"));
}

Answer Scorer::score(const Bytes& data, bool with_heatmap) {
    Answer answer;
    const auto begin = Clock::now();
    auto decoded = begin;
    bool too_small = false;
    if (data.size() >= 2 && data[0] == 'P' && data[1] == '5') {
        answer.pixels = pgm_pixels(data);
    } else {
        const Film film = decode(data, input_);
        decoded = Clock::now();
        answer.pixels = network_pixels(film, input_);
        const auto smaller = [this](const auto& picture) {
            return picture.width < input_.width || picture.height < input_.height;
        };
        too_small = std::visit(smaller, film);  // it was enlarged
    }
    answer.decode_ms = milliseconds(begin, decoded);
    answer.preprocess_ms = milliseconds(decoded, Clock::now());
    run(answer, with_heatmap);
    if (too_small) answer.reasons.insert(answer.reasons.begin(), "too-small");
    answer.decision = decide(answer.probability, answer.reasons, lowest_, highest_);
    return answer;
}

/// The network's own pixels, as the golden vectors have them.
std::vector<std::uint8_t> Scorer::pgm_pixels(const Bytes& data) const {
    const std::string size = std::to_string(input_.width) + " " + std::to_string(input_.height);
    const std::string header = "P5\n" + size + "\n255\n";
    if (data.size() != header.size() + input_.width * input_.height ||
        !std::equal(header.begin(), header.end(), data.begin()))
        throw RefusedFilm("a PGM picture", "JPEG or PNG, or a PGM of " + std::to_string(input_.width) + " × " +
                                               std::to_string(input_.height) + " pixels");
    return {data.begin() + static_cast<std::ptrdiff_t>(header.size()), data.end()};
}

/// The network's part of an answer, and what it says against the film.
void Scorer::run(Answer& answer, bool with_heatmap) {
    const std::array<std::int64_t, 4> shape{1, static_cast<std::int64_t>(input_.height),
                                            static_cast<std::int64_t>(input_.width), 1};
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    const auto film = Ort::Value::CreateTensor<std::uint8_t>(memory, answer.pixels.data(), answer.pixels.size(),
                                                             shape.data(), shape.size());
    const char* const inputs[] = {"film"};
    const char* const outputs[] = {"probability", "logit", "view", "lungs", "heatmap"};
    const auto begin = Clock::now();
    const auto found = session_.Run(Ort::RunOptions{}, inputs, &film, 1, outputs, with_heatmap ? 5 : 4);
    answer.network_ms = milliseconds(begin, Clock::now());

    answer.probability = *found[0].GetTensorData<float>();
    answer.logit = *found[1].GetTensorData<float>();
    if (found[2].GetTensorTypeAndShapeInfo().GetElementCount() != limits_.kinds.size())
        throw std::runtime_error("found an output view of another length; expected that of the card");
    const auto sides = found[3].GetTensorTypeAndShapeInfo().GetShape();  // 1, h, w
    const Lungs lungs{found[3].GetTensorData<float>(), static_cast<std::size_t>(sides.at(2)),
                      static_cast<std::size_t>(sides.at(1))};
    answer.reasons = reasons_of(answer.pixels, found[2].GetTensorData<float>(), lungs, limits_);
    if (with_heatmap) {
        const float* levels = found[4].GetTensorData<float>();
        answer.heatmap.assign(levels, levels + found[4].GetTensorTypeAndShapeInfo().GetElementCount());
    }
}
