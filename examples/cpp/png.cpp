#include "png.hpp"

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <utility>

#include "orientation.hpp"

namespace {

const char* const whole = "a complete film, grey or with 8 bits a channel";

std::size_t number_at(const Bytes& data, std::size_t at) {
    return std::size_t{data[at]} << 24 | std::size_t{data[at + 1]} << 16 | std::size_t{data[at + 2]} << 8 |
           data[at + 3];
}

/// What a walk over all chunks finds, before one is decoded.
struct Chunks {
    int orientation = 1;
    bool animated = false;
    bool intact = false;  // each has its checksum, and the last is there
};

Chunks chunks_of(const Bytes& data) {
    Chunks found;
    for (std::size_t at = 8; data.size() - at >= 12;) {
        const std::size_t length = number_at(data, at), rest = data.size() - at - 12;
        if (length > rest) return found;
        const std::uint8_t *kind = data.data() + at + 4, *body = kind + 4;
        const auto is = [kind](const char* name) { return std::memcmp(kind, name, 4) == 0; };
        if (crc32(0, kind, static_cast<uInt>(4 + length)) != number_at(data, at + 8 + length)) return found;
        if (is("eXIf")) found.orientation = orientation_of(body, length);
        if (is("acTL") && length >= 4) found.animated = number_at(data, at + 8) > 1;
        if (is("IEND")) {
            found.intact = true;
            return found;
        }
        at += 12 + length;
    }
    return found;
}

/// libpng's decoder. It reports errors by jumping out of C, so no object with a destructor lives in the functions that
/// call it; each returns false after an error.
class Decoder {
public:
    explicit Decoder(const Bytes& data) : data_(data) {}
    ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    bool read_header() {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
        info_ = png_ ? png_create_info_struct(png_) : nullptr;
        if (!info_ || setjmp(png_jmpbuf(png_))) return false;
        png_set_read_fn(png_, this, read);
        png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // `check_size` has a sentence for it
        png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr,
                                    -1);  // texts and profiles inflate to any size
        png_read_info(png_, info_);
        return true;
    }

    /// Ask for 8 bits a channel, or 16 of grey, and no palette.
    bool plan() {
        if (setjmp(png_jmpbuf(png_))) return false;
        if (bits() < 16) png_set_expand(png_);
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        return true;
    }

    /// `rows` points to the beginning of each row. What follows the last one is not inflated: it could be endless.
    bool decode(png_bytep* rows) {
        if (setjmp(png_jmpbuf(png_))) return false;
        png_read_image(png_, rows);
        return true;
    }

    std::size_t width() const { return png_get_image_width(png_, info_); }
    std::size_t height() const { return png_get_image_height(png_, info_); }
    std::size_t row_bytes() const { return png_get_rowbytes(png_, info_); }
    int bits() const { return png_get_bit_depth(png_, info_); }
    int colour() const { return png_get_color_type(png_, info_); }
    std::size_t channels() const { return png_get_channels(png_, info_); }
    bool ran_out() const { return ran_out_; }

private:
    static void on_error(png_structp png, png_const_charp message) {
        if (std::strcmp(message, "Not enough image data") == 0)
            static_cast<Decoder*>(png_get_error_ptr(png))->ran_out_ = true;
        png_longjmp(png, 1);
    }

    static void read(png_structp png, png_bytep into, std::size_t wanted) {
        auto* self = static_cast<Decoder*>(png_get_io_ptr(png));
        if (wanted > self->data_.size() - self->at_) png_error(png, "Not enough image data");
        std::memcpy(into, self->data_.data() + self->at_, wanted);
        self->at_ += wanted;
    }

    const Bytes& data_;
    std::size_t at_ = 0;
    bool ran_out_ = false;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
};

/// Luma of `channels` channels a pixel (grey or RGB, with or without alpha), as Pillow rounds it.
Bytes grey_of(const Bytes& raw, std::size_t channels) {
    Bytes grey;
    grey.reserve(raw.size() / channels);
    const bool coloured = channels >= 3, has_alpha = channels % 2 == 0;
    for (const std::uint8_t* pixel = raw.data(); pixel != raw.data() + raw.size(); pixel += channels) {
        unsigned luma = pixel[0];
        if (coloured) luma = (19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 0x8000u) >> 16;
        if (has_alpha) luma = luma * pixel[channels - 1] / 255;
        grey.push_back(static_cast<std::uint8_t>(luma));
    }
    return grey;
}

}  // namespace

Film decode_png(const Bytes& data) {
    Decoder decoder(data);
    if (!decoder.read_header()) throw RefusedFilm("a picture with a broken header", "a complete file");
    const std::size_t width = decoder.width(), height = decoder.height();
    check_size(width, height);
    const Chunks chunks = chunks_of(data);
    if (decoder.bits() == 16 && decoder.colour() != PNG_COLOR_TYPE_GRAY)
        throw RefusedFilm("a PNG of 16 bits a channel with colour or transparency", whole);
    if (chunks.animated) throw RefusedFilm("several frames", "a single picture");
    if (!decoder.plan()) throw RefusedFilm("a picture with a broken header", "a complete file");

    const bool deep = decoder.bits() == 16;
    Bytes raw(decoder.row_bytes() * height);  // within `check_size`, 144 MB at most
    std::vector<png_bytep> rows(height);
    for (std::size_t y = 0; y < height; ++y) rows[y] = raw.data() + y * decoder.row_bytes();
    const bool decoded = decoder.decode(rows.data());
    if (decoder.ran_out()) throw RefusedFilm("a truncated PNG (too few pixels)", whole);
    if (!decoded || !chunks.intact) throw RefusedFilm("a truncated or damaged picture", "a complete file");
    if (!deep) {
        const std::size_t channels = decoder.channels();
        return upright(Picture<std::uint8_t>{width, height, channels == 1 ? std::move(raw) : grey_of(raw, channels)},
                       chunks.orientation);
    }
    Picture<std::uint16_t> picture{width, height, std::vector<std::uint16_t>(width * height)};
    for (std::size_t i = 0; i < picture.levels.size(); ++i)
        picture.levels[i] = static_cast<std::uint16_t>(raw[2 * i] << 8 | raw[2 * i + 1]);
    return upright(std::move(picture), chunks.orientation);
}
