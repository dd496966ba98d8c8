// Which way up a film is, by the orientation that EXIF gives.

#pragma once

#include <cstddef>
#include <cstdint>

#include "film.hpp"

/// The orientation, 1…8, that an EXIF block of `size` bytes gives, from its TIFF header on; 1 if it gives none.
int orientation_of(const std::uint8_t* exif, std::size_t size);

/// A picture that was stored in `orientation`, turned and mirrored so that it stands upright.
template <typename Level>
Picture<Level> upright(Picture<Level> stored, int orientation) {
    if (orientation < 2 || orientation > 8) return stored;
    const bool swapped = orientation >= 5;  // rows became columns
    const bool mirrored = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool flipped = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    Picture<Level> turned{stored.width, stored.height, {}};
    if (swapped) turned = {stored.height, stored.width, {}};
    turned.levels.reserve(stored.levels.size());
    for (std::size_t y = 0; y < turned.height; ++y) {
        for (std::size_t x = 0; x < turned.width; ++x) {
            std::size_t column = swapped ? y : x, row = swapped ? x : y;
            if (mirrored) column = stored.width - 1 - column;
            if (flipped) row = stored.height - 1 - row;
            turned.levels.push_back(stored.levels[row * stored.width + column]);
        }
    }
    return turned;
}
