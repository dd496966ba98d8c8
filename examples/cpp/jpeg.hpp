// A JPEG's luma at reduced scale, by libjpeg-turbo.

#pragma once

#include "film.hpp"

/// The upright luma, at the smallest scale of libjpeg's that leaves `at_least` so many pixels as stored.
Film decode_jpeg(const Bytes& data, Size at_least);
