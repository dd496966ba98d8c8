// From a film to the grey pixels that the network looks at: the package's resize and window.

#pragma once

#include <cstdint>
#include <vector>

#include "film.hpp"

/// Row by row, 0 black … 255 white, `size` pixels; the whole film is squashed to it, its aspect is not kept.
std::vector<std::uint8_t> network_pixels(const Film& film, Size size);

/// The share, 0…100, of `values` in order, interpolated linearly between the two next to it.
double percentile(std::vector<float>& values, double share);
