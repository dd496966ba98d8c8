// What a film is on its way from a file to the network, and how one is refused.

#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

using Bytes = std::vector<std::uint8_t>;

/// Grey levels row by row, 0 black.
template <typename Level>
struct Picture {
    std::size_t width = 0, height = 0;
    std::vector<Level> levels;
};

/// An upright film of 8 or of 16 bits.
using Film = std::variant<Picture<std::uint8_t>, Picture<std::uint16_t>>;

/// Sides in pixels.
struct Size {
    std::size_t width, height;
};

/// A film that is not scored; `what()` is "found …; expected …".
class RefusedFilm : public std::runtime_error {
public:
    RefusedFilm(const std::string& found, const std::string& expected)
        : std::runtime_error("found " + found + "; expected " + expected) {}
};

/// Throws RefusedFilm unless a film that a header calls so large is within the limits.
void check_size(std::size_t width, std::size_t height);

/// 36000000 as "36,000,000".
std::string with_commas(std::size_t value);
