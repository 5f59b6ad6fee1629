// SPDX-License-Identifier: BSL-1.0
// What every transport test includes and what is slow to compile: other people's headers only, which do not change meanwhile.
#pragma once

#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/deferred.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
