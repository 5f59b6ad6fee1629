// SPDX-License-Identifier: BSL-1.0
// Symbol visibility. Hand-written because one set of headers serves several libraries (core and one per backend).
#pragma once

#if defined(OMNITLS_STATIC)
#define OMNITLS_API
#elif defined(_WIN32) && defined(OMNITLS_BUILDING)
#define OMNITLS_API __declspec(dllexport)
#elif defined(_WIN32)
#define OMNITLS_API __declspec(dllimport)
#else
#define OMNITLS_API __attribute__((visibility("default")))
#endif
