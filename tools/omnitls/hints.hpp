// SPDX-License-Identifier: BSL-1.0
// One next step for errors that bring none: what a user of this command can do, in the command's own options.
#pragma once

#include <omnitls/error.hpp>

namespace omnitls::tool {

/// `error` with a hint, if there is one to give.
ErrorDetail with_hint(ErrorDetail error);

}  // namespace omnitls::tool
