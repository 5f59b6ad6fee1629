# SPDX-License-Identifier: BSL-1.0
# OMNITLS_SANITIZE=address,undefined builds everything with them; a finding ends the program.
if(OMNITLS_SANITIZE)
  add_compile_options(-fsanitize=${OMNITLS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${OMNITLS_SANITIZE})
endif()
