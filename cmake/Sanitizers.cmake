# SPDX-License-Identifier: BSL-1.0
# OMNITLS_SANITIZE=address,undefined builds everything with them; a finding ends the program.
# OMNITLS_BUILD_FUZZ adds the coverage that libFuzzer steers by.
if(OMNITLS_SANITIZE)
  add_compile_options(-fsanitize=${OMNITLS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OMNITLS_SANITIZE})
endif()
if(OMNITLS_BUILD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
