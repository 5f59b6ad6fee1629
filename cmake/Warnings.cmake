# SPDX-License-Identifier: BSL-1.0
# omnitls_warnings(target): the warnings every target of this project is built with.
function(omnitls_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What the optimiser believes of inlined library code and coroutines depends on its level and version, and GCC 12 is often
    # wrong (vector::resize with a smaller size "overflows"). The sanitizers answer the same questions with certainty.
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
      -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-free-nonheap-object)
  endif()
  if(OMNITLS_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
