#include "jpeg.hpp"

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <utility>

#include "orientation.hpp"

namespace {

const char* const whole = "a complete film, grey or with 8 bits a channel";
constexpr int max_scans = 100;       // films have about ten, and each costs a pass over the whole picture
constexpr int max_markers = 10'000;  // films have some twenty
constexpr char exif_name[] = "Exif\0";

/// Where the next marker begins that is no stuffed byte, no fill byte and no restart.
std::size_t next_marker(const Bytes& data, std::size_t at) {
    while (at + 1 < data.size()) {
        const void* found = std::memchr(data.data() + at, 0xff, data.size() - 1 - at);
        if (!found) break;
        at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - data.data());
        const std::uint8_t kind = data[at + 1];
        if (kind != 0 && kind != 0xff && (kind < 0xd0 || kind > 0xd7)) return at;
        ++at;
    }
    throw RefusedFilm("a truncated JPEG (no end marker)", whole);
}

/// Refuses a JPEG without an end, which libjpeg would make up, and one that would take for ever.
void check_markers(const Bytes& data) {
    constexpr std::uint8_t end_of_image = 0xd9, start_of_scan = 0xda;
    int scans = 0;
    std::size_t at = 2;
    for (int markers = 0; markers < max_markers; ++markers) {
        at = next_marker(data, at) + 2;
        const std::uint8_t kind = data[at - 1];
        if (kind == end_of_image) return;
        if (kind == start_of_scan && ++scans > max_scans)
            throw RefusedFilm("a JPEG of more than " + std::to_string(max_scans) + " scans", whole);
        if (at + 1 < data.size()) at += std::size_t{data[at]} << 8 | data[at + 1];
    }
    throw RefusedFilm("a JPEG of more than " + with_commas(max_markers) + " markers", whole);
}

/// libjpeg's decoder. It reports errors by jumping out of C, so no object with a destructor lives in the functions that
/// call it; each returns false after an error.
class Decoder {
public:
    explicit Decoder(const Bytes& data) : data_(data) {
        info_.err = jpeg_std_error(&errors_.base);
        errors_.base.error_exit = [](j_common_ptr info) {
            std::longjmp(reinterpret_cast<Errors*>(info->err)->escape, 1);
        };
        errors_.base.emit_message = [](j_common_ptr info, int) {
            if (info->err->msg_code == JWRN_JPEG_EOF) info->err->error_exit(info);  // it would make up the rest
        };
        errors_.base.output_message = [](j_common_ptr) {};
    }
    ~Decoder() { jpeg_destroy_decompress(&info_); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    bool read_header() {
        if (setjmp(errors_.escape)) return false;
        jpeg_create_decompress(&info_);
        jpeg_mem_src(&info_, data_.data(), static_cast<unsigned long>(data_.size()));
        jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xffff);
        return jpeg_read_header(&info_, TRUE) == JPEG_HEADER_OK;
    }

    bool plan(Size at_least) {
        if (setjmp(errors_.escape)) return false;
        info_.out_color_space = JCS_GRAYSCALE;
        info_.scale_num = 1;
        info_.scale_denom = 8;
        while (info_.scale_denom > 1 && (info_.image_width / info_.scale_denom < at_least.width ||
                                         info_.image_height / info_.scale_denom < at_least.height))
            info_.scale_denom /= 2;
        jpeg_calc_output_dimensions(&info_);
        return true;
    }

    bool decode(std::uint8_t* levels) {
        if (setjmp(errors_.escape)) return false;
        jpeg_start_decompress(&info_);
        while (info_.output_scanline < info_.output_height) {
            JSAMPROW row = levels + std::size_t{info_.output_scanline} * info_.output_width;
            jpeg_read_scanlines(&info_, &row, 1);
        }
        jpeg_finish_decompress(&info_);  // reads on to the end of the image, and finds damage there
        return true;
    }

    const jpeg_decompress_struct& info() const { return info_; }

private:
    struct Errors {
        jpeg_error_mgr base;
        std::jmp_buf escape;
    };

    const Bytes& data_;
    Errors errors_{};
    jpeg_decompress_struct info_{};
};

int orientation_of(const jpeg_decompress_struct& info) {
    constexpr std::size_t name = sizeof exif_name;
    for (const jpeg_marker_struct* marker = info.marker_list; marker; marker = marker->next)
        if (marker->data_length > name && std::memcmp(marker->data, exif_name, name) == 0)
            return ::orientation_of(marker->data + name, marker->data_length - name);
    return 1;
}

}  // namespace

Film decode_jpeg(const Bytes& data, Size at_least) {
    Decoder decoder(data);
    if (!decoder.read_header()) throw RefusedFilm("a picture with a broken header", "a complete file");
    const jpeg_decompress_struct& info = decoder.info();
    check_size(info.image_width, info.image_height);
    check_markers(data);
    if (info.num_components != 1 && info.num_components != 3)
        throw RefusedFilm("a JPEG of " + std::to_string(info.num_components) + " channels", "a grey or colour picture");
    if (!decoder.plan(at_least)) throw RefusedFilm("a picture with a broken header", "a complete file");
    Picture<std::uint8_t> picture{info.output_width, info.output_height, {}};
    picture.levels.resize(picture.width * picture.height);
    const int orientation = orientation_of(info);  // which libjpeg forgets when it has finished
    if (!decoder.decode(picture.levels.data())) throw RefusedFilm("a truncated or damaged picture", "a complete file");
    return upright(std::move(picture), orientation);
}
