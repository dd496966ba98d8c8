// Scores chest films without Python: one JSON object a line.
//
//   score_films MODEL.onnx FILM…            or the paths on stdin, one a line
//   score_films --pixels MODEL.onnx FILM…   also what the network saw and where it looked
//
// Exit status: 0 all scored, 1 some were not, 2 wrong usage or no usable model.

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "decode.hpp"
#include "scorer.hpp"

namespace {

constexpr int all_scored = 0, some_not_scored = 1, unusable = 2;

/// Keep ONNX Runtime from reporting its use to its maker, as its official builds do by default.
void silence_telemetry() {
#ifdef _WIN32
    _putenv_s("ORT_DISABLE_TELEMETRY", "1");
#else
    setenv("ORT_DISABLE_TELEMETRY", "1", 0);
#endif
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = i; j < i + 3; ++j) group = group << 8 | (j < bytes.size() ? bytes[j] : 0u);
        for (const unsigned shift : {18u, 12u, 6u, 0u}) text += digits[group >> shift & 63];
    }
    for (std::size_t i = 0; i < (3 - bytes.size() % 3) % 3; ++i) text[text.size() - 1 - i] = '=';
    return text;
}

/// The film's answer, or why it has none.
nlohmann::ordered_json answer_for(const std::string& path, Scorer& scorer, bool with_pixels) {
    nlohmann::ordered_json line{{"path", path}, {"probability", nullptr}, {"logit", nullptr}, {"decision", nullptr}};
    line["reasons"] = nlohmann::ordered_json::array();
    line["error"] = nullptr;
    line["milliseconds"] = nullptr;
    try {
        const Answer answer = scorer.score(read_film(path), with_pixels);
        line["probability"] = answer.probability;
        line["logit"] = answer.logit;
        line["decision"] = answer.decision;
        line["reasons"] = answer.reasons;
        line["milliseconds"] = {
            {"decode", answer.decode_ms}, {"preprocess", answer.preprocess_ms}, {"network", answer.network_ms}};
        if (with_pixels) {
            line["pixels"] = base64(answer.pixels);
            line["heatmap"] = answer.heatmap;
        }
    } catch (const RefusedFilm& refused) {
        line["error"] = refused.what();
    }
    return line;
}

int score(const std::vector<std::string>& arguments) {
    const bool with_pixels = !arguments.empty() && arguments[0] == "--pixels";
    const std::size_t model = with_pixels ? 1 : 0;
    if (arguments.size() <= model || arguments[model].empty() || arguments[model][0] == '-') {
        std::cerr << "usage: score_films [--pixels] MODEL.onnx [FILM…]\n";
        return unusable;
    }
    silence_telemetry();
    if (!OrtGetApiBase()->GetApi(ORT_API_VERSION)) {
        std::cerr << "found ONNX Runtime " << OrtGetApiBase()->GetVersionString() << "; expected 1." << ORT_API_VERSION
                  << " or newer, which this program was built for\n";
        return unusable;
    }
    int status = all_scored;
    try {
        Scorer scorer(arguments[model]);
        const auto print = [&](const std::string& path) {
            const auto line = answer_for(path, scorer, with_pixels);
            if (!line["error"].is_null()) status = some_not_scored;
            std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
        };
        for (std::size_t i = model + 1; i < arguments.size(); ++i) print(arguments[i]);
        if (arguments.size() == model + 1)
            for (std::string path; std::getline(std::cin, path);) print(path);
    } catch (const std::exception& error) {
        std::cerr << arguments[model] << ": " << error.what() << '\n';
        return unusable;
    }
    return status;
}

}  // namespace

int main(int count, char** arguments) { return score({arguments + 1, arguments + count}); }
