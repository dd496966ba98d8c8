// When not to believe an answer, and what to do with a film: the rules of cxr_edge.quality, the numbers of the card.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What a model's training films were like: the card's `quality`.
struct Limits {
    std::vector<std::string> kinds;  // of the output `view`, in order; the first is "upright"
    double upright, darkest, brightest, contrast, adult, least_lung, lung_at_edge;
};

/// Where the network sees lungs, 0…1, row by row.
struct Lungs {
    const float* levels;
    std::size_t width, height;
};

/// Codes of what speaks against the pixels that the network saw. Colour is not looked at.
std::vector<std::string> reasons_of(const std::vector<std::uint8_t>& pixels, const float* view, Lungs lungs,
                                    const Limits& limits);

/// "refer", "no finding", "review" or "retake"; from the lowest to below the highest threshold it is too close to call.
std::string decide(double probability, const std::vector<std::string>& reasons, double lowest, double highest);
