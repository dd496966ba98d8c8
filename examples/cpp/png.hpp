// A PNG's grey levels, by libpng.

#pragma once

#include "film.hpp"

/// The upright film; colour becomes ITU-R 601 luma, transparency is laid over black, which in a radiograph is air.
Film decode_png(const Bytes& data);
