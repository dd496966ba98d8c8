#include "decode.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "jpeg.hpp"
#include "png.hpp"

namespace {

constexpr std::size_t max_bytes = std::size_t{64} << 20;  // the largest radiographs, uncompressed, are 36 MB
constexpr std::size_t max_pixels = 36'000'000;            // twice the largest detector in use, about 4,300 × 4,300
constexpr std::size_t min_side = 32;                      // below it there is no chest left to look at

const char* const readable = "a readable picture file";

constexpr std::array<std::pair<std::string_view, const char*>, 5> others{{
    {"GIF8", "a GIF picture"},
    {"%PDF", "a PDF document"},
    {"RIFF", "a WebP picture"},
    {{"II*\0", 4}, "a TIFF picture"},
    {{"MM\0*", 4}, "a TIFF picture"},
}};

bool begins(const Bytes& data, std::string_view with, std::size_t at = 0) {
    return data.size() >= at + with.size() &&
           std::equal(with.begin(), with.end(), data.begin() + static_cast<std::ptrdiff_t>(at),
                      [](char wanted, std::uint8_t found) { return static_cast<std::uint8_t>(wanted) == found; });
}

bool is_text(std::uint8_t byte) {
    return (byte >= 32 && byte < 128) || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

/// What a file is that is no JPEG and no PNG, by its first bytes.
std::string sniff(const Bytes& data) {
    if (begins(data, "DICM", 128)) return "DICOM";
    for (const auto& [magic, name] : others)
        if (begins(data, magic)) return name;
    const auto head = data.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(data.size(), 512));
    if (std::all_of(data.begin(), head, is_text)) return "text";
    std::string found = "unknown content (first bytes";
    for (std::size_t i = 0; i < std::min<std::size_t>(data.size(), 4); ++i) {
        char digits[4];
        std::snprintf(digits, sizeof digits, " %02x", static_cast<unsigned>(data[i]));
        found += digits;
    }
    return found + ")";
}

}  // namespace

std::string with_commas(std::size_t value) {
    std::string digits = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

void check_size(std::size_t width, std::size_t height) {
    const std::string found = std::to_string(width) + " × " + std::to_string(height) + " pixels";
    if (std::min(width, height) < min_side)
        throw RefusedFilm(found, "at least " + std::to_string(min_side) + " on each side");
    if (width > max_pixels / height) throw RefusedFilm(found, "at most " + with_commas(max_pixels) + " pixels in all");
}

Bytes read_film(const std::string& path) {
    namespace fs = std::filesystem;
    if (path.find('\0') != std::string::npos)  // what the system takes for a path would end there
        throw RefusedFilm("a name or file object that cannot be opened", readable);
    std::error_code error;
    const fs::file_type kind = fs::status(fs::u8path(path), error).type();
    if (kind == fs::file_type::not_found) throw RefusedFilm("no such file", readable);
    if (error == std::errc::permission_denied) throw RefusedFilm("no permission to read it", readable);
    if (error) throw RefusedFilm("a file that cannot be read (" + error.message() + ")", readable);
    if (kind != fs::file_type::regular)  // a pipe or a device could block or never end
        throw RefusedFilm(kind == fs::file_type::directory ? "a folder" : "something that is no regular file",
                          readable);
    std::ifstream file(fs::u8path(path), std::ios::binary | std::ios::ate);
    if (!file) throw RefusedFilm("no permission to read it", readable);
    const auto size = static_cast<std::size_t>(std::max<std::streamoff>(0, file.tellg()));
    if (size == 0) throw RefusedFilm("an empty file", readable);
    if (size > max_bytes) throw RefusedFilm("more than " + with_commas(max_bytes) + " bytes", "a smaller file");
    Bytes data(size);
    file.seekg(0);
    if (!file.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(size)))
        throw RefusedFilm("a file that cannot be read", readable);
    return data;
}

Film decode(const Bytes& data, Size input) {
    if (begins(data, "\xff\xd8\xff")) return decode_jpeg(data, {2 * input.width, 2 * input.height});
    if (begins(data, "\x89PNG\r\n\x1a\n")) return decode_png(data);
    throw RefusedFilm(sniff(data), "JPEG or PNG");
}
