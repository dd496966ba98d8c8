// A model in ONNX Runtime, and what it says of a film.

#pragma once

#include <onnxruntime_cxx_api.h>

#include <string>
#include <vector>

#include "decide.hpp"
#include "film.hpp"

struct Answer {
    float probability = 0.0f, logit = 0.0f;
    std::string decision;
    std::vector<std::string> reasons;
    std::vector<std::uint8_t> pixels;  // what the network saw
    std::vector<float> heatmap;        // empty unless asked for
    double decode_ms = 0.0, preprocess_ms = 0.0, network_ms = 0.0;
};

/// A model, loaded once. `score` may be called from several threads.
class Scorer {
public:
    /// Throws std::exception if `model` is no model with a card that this program understands.
    explicit Scorer(const std::string& model);

    /// Throws RefusedFilm if `data` is not one complete picture within the limits.
    Answer score(const Bytes& data, bool with_heatmap);

private:
    std::vector<std::uint8_t> pgm_pixels(const Bytes& data) const;
    void run(Answer& answer, bool with_heatmap);

    Ort::Env env_;
    Ort::Session session_;
    Size input_{};
    double lowest_ = 0.0, highest_ = 0.0;
    Limits limits_{};
};
