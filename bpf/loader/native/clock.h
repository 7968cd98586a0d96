/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
#pragma once
#include <napi.h>

namespace loader {

/* () → { offset, maxError, synchronized }, seconds; undefined where the kernel does not say. */
Napi::Value clock_state(const Napi::CallbackInfo &info);

} // namespace loader
