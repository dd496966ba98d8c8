#include "network_pixels.hpp"

#include <algorithm>
#include <cmath>

namespace {

/// Means of blocks of `across` × `down` levels; those of the last column and row may be smaller.
template <typename Level>
Picture<float> block_means(const Picture<Level>& film, std::size_t across, std::size_t down) {
    Picture<float> means{(film.width + across - 1) / across, (film.height + down - 1) / down, {}};
    means.levels.resize(means.width * means.height);
    std::vector<std::uint64_t> sums(means.width);
    for (std::size_t y = 0; y < means.height; ++y) {
        const std::size_t rows = std::min(down, film.height - y * down);
        std::fill(sums.begin(), sums.end(), 0);
        for (std::size_t i = 0; i < rows; ++i) {
            const Level* level = film.levels.data() + (y * down + i) * film.width;
            const Level* const end = level + film.width;
            for (std::uint64_t& sum : sums)
                for (std::size_t j = 0; j < across && level != end; ++j) sum += *level++;
        }
        for (std::size_t x = 0; x < means.width; ++x) {
            const std::size_t columns = std::min(across, film.width - x * across);
            const double share = 1.0 / static_cast<double>(rows * columns);
            means.levels[y * means.width + x] = static_cast<float>(static_cast<double>(sums[x]) * share);
        }
    }
    return means;
}

/// What one pixel of a resized line is made of.
struct Taps {
    std::size_t first;
    std::vector<double> weights;
};

/// Of a triangle as wide as the reduction (or as a pixel, where it enlarges), for `to` pixels out of `extent` of
/// `from`.
std::vector<Taps> triangle(std::size_t from, float extent, std::size_t to) {
    const double scale = static_cast<double>(extent) / static_cast<double>(to);
    const double reach = std::max(1.0, scale);  // half of the triangle's base
    std::vector<Taps> lines(to);
    for (std::size_t i = 0; i < to; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * scale;
        const double begin = std::max(0.0, std::floor(centre - reach + 0.5));
        const double end = std::min(static_cast<double>(from), std::floor(centre + reach + 0.5));
        double sum = 0.0;
        for (double place = begin; place < end; ++place) {
            const double weight = std::max(0.0, 1.0 - std::abs((place - centre + 0.5) * (1.0 / reach)));
            lines[i].weights.push_back(weight);
            sum += weight;
        }
        lines[i].first = static_cast<std::size_t>(begin);
        for (double& weight : lines[i].weights) weight /= sum;
    }
    return lines;
}

/// Across, then down; between the two, levels are rounded to float.
std::vector<float> resize(const Picture<float>& film, float extent_across, float extent_down, Size size) {
    std::vector<float> narrow(size.width * film.height), small(size.width * size.height);
    const std::vector<Taps> columns = triangle(film.width, extent_across, size.width);
    for (std::size_t y = 0; y < film.height; ++y) {
        for (std::size_t x = 0; x < size.width; ++x) {
            const float* level = film.levels.data() + y * film.width + columns[x].first;
            double sum = 0.0;
            for (const double weight : columns[x].weights) sum += static_cast<double>(*level++) * weight;
            narrow[y * size.width + x] = static_cast<float>(sum);
        }
    }
    const std::vector<Taps> rows = triangle(film.height, extent_down, size.height);
    std::vector<double> sums(size.width);
    for (std::size_t y = 0; y < size.height; ++y) {
        std::fill(sums.begin(), sums.end(), 0.0);
        const float* level = narrow.data() + rows[y].first * size.width;
        for (const double weight : rows[y].weights)
            for (double& sum : sums) sum += static_cast<double>(*level++) * weight;
        std::transform(sums.begin(), sums.end(), small.begin() + static_cast<std::ptrdiff_t>(y * size.width),
                       [](double sum) { return static_cast<float>(sum); });
    }
    return small;
}

/// Percentile 0.5 becomes 0 and 99.5 becomes 255; a film of one grey level becomes black.
std::vector<std::uint8_t> window(const std::vector<float>& levels) {
    std::vector<float> ordered = levels;
    const double black = percentile(ordered, 0.5), white = percentile(ordered, 99.5);
    std::vector<std::uint8_t> pixels(levels.size(), 0);
    if (white <= black) return pixels;
    const auto lowest = static_cast<float>(black), stretch = static_cast<float>(255.0 / (white - black));
    std::transform(levels.begin(), levels.end(), pixels.begin(), [=](float level) {
        const float stretched = std::clamp((level - lowest) * stretch, 0.0f, 255.0f);
        return static_cast<std::uint8_t>(std::lrint(stretched));  // halves to the even number
    });
    return pixels;
}

}  // namespace

std::vector<std::uint8_t> network_pixels(const Film& film, Size size) {
    return std::visit(
        [size](const auto& picture) {
            const std::size_t across = std::max<std::size_t>(1, picture.width / (2 * size.width));
            const std::size_t down = std::max<std::size_t>(1, picture.height / (2 * size.height));
            const auto extent = [](std::size_t side, std::size_t block) {
                return static_cast<float>(static_cast<double>(side) / static_cast<double>(block));
            };
            return window(resize(block_means(picture, across, down), extent(picture.width, across),
                                 extent(picture.height, down), size));
        },
        film);
}

double percentile(std::vector<float>& values, double share) {
    const double place = share / 100.0 * static_cast<double>(values.size() - 1);
    const auto below = values.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(values.begin(), below, values.end());
    const double low = *below;
    const double high = below + 1 == values.end() ? low : *std::min_element(below + 1, values.end());
    return low + (place - std::floor(place)) * (high - low);
}
