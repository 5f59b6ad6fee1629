# SPDX-License-Identifier: BSL-1.0
# OMNITLS_HAS_ASIO_AWAITABLE: whether Asio offers awaitables. It does only where compiler and library agree on coroutines: clang 14
# does not with GCC 12's library.
include_guard(GLOBAL)
include(CheckCXXSourceCompiles)
include(CMakePushCheckState)
cmake_push_check_state(RESET)
set(CMAKE_REQUIRED_FLAGS "-std=c++20")
set(CMAKE_REQUIRED_INCLUDES "${OMNITLS_ASIO_INCLUDE_DIR}")
set(CMAKE_REQUIRED_DEFINITIONS -DASIO_STANDALONE)
check_cxx_source_compiles("#include <asio/use_awaitable.hpp>
asio::awaitable<void> nothing() { co_return; }
int main() {}" OMNITLS_HAS_ASIO_AWAITABLE)
cmake_pop_check_state()
