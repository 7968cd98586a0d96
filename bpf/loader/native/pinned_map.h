// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#pragma once
#include <napi.h>

namespace loader {

Napi::Value open_pinned_map(const Napi::CallbackInfo &info);
Napi::Value lookup_pinned_map(const Napi::CallbackInfo &info);

} // namespace loader
