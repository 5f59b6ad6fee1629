// SPDX-License-Identifier: BSL-1.0
// Which sanitizers this build has, which GCC and clang say in different words.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OMNITLS_HAS_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer)
#define OMNITLS_HAS_THREAD_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define OMNITLS_HAS_ADDRESS_SANITIZER 1
#endif
#if defined(__SANITIZE_THREAD__)
#define OMNITLS_HAS_THREAD_SANITIZER 1
#endif
