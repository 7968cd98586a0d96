/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Memory of this process that the kernel can bring back by itself. */
#pragma once
#include <napi.h>

namespace loader {

/* Bytes of file pages given back; -1 when /proc/self/smaps cannot be read. */
Napi::Value release_file_pages(const Napi::CallbackInfo &info);

} // namespace loader
