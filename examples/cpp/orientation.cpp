#include "orientation.hpp"

namespace {

constexpr unsigned orientation_tag = 0x0112, short_type = 3;
constexpr std::size_t entry_size = 12;

/// Numbers of a TIFF structure; 0 for those beyond its end.
class Tiff {
public:
    Tiff(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

    bool has_header() const {
        if (size_ < 8 || data_[0] != data_[1] || (data_[0] != 'I' && data_[0] != 'M')) return false;
        return number(2, 2) == 42;
    }

    std::size_t number(std::size_t at, std::size_t bytes) const {
        if (at > size_ || size_ - at < bytes) return 0;
        std::size_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) {
            const std::size_t place = data_[0] == 'I' ? bytes - 1 - i : i;  // Intel: the low byte first
            value = value << 8 | data_[at + place];
        }
        return value;
    }

private:
    const std::uint8_t* data_;
    std::size_t size_;
};

}  // namespace

int orientation_of(const std::uint8_t* exif, std::size_t size) {
    const Tiff tiff(exif, size);
    if (!tiff.has_header()) return 1;
    const std::size_t directory = tiff.number(4, 4);
    const std::size_t entries = tiff.number(directory, 2);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + i * entry_size;
        const bool is_short = tiff.number(entry + 2, 2) == short_type && tiff.number(entry + 4, 4) == 1;
        if (tiff.number(entry, 2) == orientation_tag && is_short) return static_cast<int>(tiff.number(entry + 8, 2));
    }
    return 1;
}
