#include "decide.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "network_pixels.hpp"

namespace {

constexpr std::array<std::string_view, 9> retake{"turned-left",  "upside-down",   "turned-right",
                                                 "inverted",     "cropped",       "too-small",
                                                 "over-exposed", "under-exposed", "low-contrast"};

double mean(const float* levels, std::size_t count, std::size_t step = 1) {
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(levels[i * step]);
    return sum / static_cast<double>(count);
}

/// The largest mean along one of the four edges: near 1 where the border cuts through lungs.
double edge_of(const Lungs& lungs) {
    const std::size_t w = lungs.width, h = lungs.height;
    return std::max({mean(lungs.levels, w), mean(lungs.levels + (h - 1) * w, w), mean(lungs.levels, h, w),
                     mean(lungs.levels + w - 1, h, w)});
}

}  // namespace

std::vector<std::string> reasons_of(const std::vector<std::uint8_t>& pixels, const float* view, Lungs lungs,
                                    const Limits& limits) {
    std::vector<std::string> reasons;
    std::vector<float> levels(pixels.begin(), pixels.end());
    const double brightness = mean(levels.data(), levels.size());
    const double dark = percentile(levels, 5.0), bright = percentile(levels, 95.0);
    if (brightness < limits.darkest) reasons.emplace_back("over-exposed");
    if (brightness > limits.brightest) reasons.emplace_back("under-exposed");
    if (bright - dark < limits.contrast) reasons.emplace_back("low-contrast");

    double upright = 0.0, adult = 0.0, highest = -1.0;
    std::string likeliest;
    for (std::size_t i = 0; i < limits.kinds.size(); ++i) {
        const double probability = view[i];
        if (limits.kinds[i] == "upright") {
            upright = probability;
        } else if (limits.kinds[i] == "adult") {
            adult = probability;
        } else if (probability > highest) {
            highest = probability;
            likeliest = limits.kinds[i];
        }
    }
    if (!(upright + adult >= limits.upright)) {  // NaN is not trusted
        reasons.push_back(likeliest.empty() ? "not-a-chest-film" : likeliest);
        return reasons;
    }
    if (adult >= limits.adult * (upright + adult)) reasons.emplace_back("adult");
    if (!(mean(lungs.levels, lungs.width * lungs.height) >= limits.least_lung))
        reasons.emplace_back("no-lungs");
    else if (edge_of(lungs) > limits.lung_at_edge)
        reasons.emplace_back("cropped");
    return reasons;
}

std::string decide(double probability, const std::vector<std::string>& reasons, double lowest, double highest) {
    const auto unusable = [](const std::string& reason) {
        return std::find(retake.begin(), retake.end(), reason) != retake.end();
    };
    if (std::any_of(reasons.begin(), reasons.end(), unusable)) return "retake";
    if (!reasons.empty()) return "review";
    return probability >= highest ? "refer" : probability < lowest ? "no finding" : "review";  // NaN: review
}
