# SPDX-License-Identifier: BSL-1.0
# omnitls_warnings(target): the warnings every target of this project is built with.
function(omnitls_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast)
  if(OMNITLS_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # What the optimiser believes of inlined library code depends on its level and version, and GCC 12 is often wrong
      # (vector::resize with a smaller size "overflows"). The sanitizers answer the same questions with certainty.
      target_compile_options(${target} PRIVATE -Wno-error=array-bounds -Wno-error=stringop-overflow
        -Wno-error=stringop-overread -Wno-error=restrict -Wno-error=maybe-uninitialized)
    endif()
  endif()
endfunction()
