// From a file to an upright grey film, or a refusal.

#pragma once

#include <string>

#include "film.hpp"

/// The bytes of a regular file of at most 64 MiB.
Bytes read_film(const std::string& path);

/// A JPEG is decoded at the smallest of the scales 1, 1/2, 1/4, 1/8 that leaves twice the network's `input` size.
Film decode(const Bytes& data, Size input);
