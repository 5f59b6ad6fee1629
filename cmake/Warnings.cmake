# SPDX-License-Identifier: BSL-1.0
# omnitls_warnings(target): the warnings every target of this project is built with.
function(omnitls_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast)
  if(OMNITLS_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
