// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "clock.h"
#include <sys/timex.h>

namespace loader {

Napi::Value clock_state(const Napi::CallbackInfo &info) {
  struct timex clock = {};
  const int state = adjtimex(&clock);
  if (state < 0) return info.Env().Undefined();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("offset", static_cast<double>(clock.offset) / (clock.status & STA_NANO ? 1e9 : 1e6));
  out.Set("maxError", static_cast<double>(clock.maxerror) / 1e6);
  out.Set("synchronized", state != TIME_ERROR);
  return out;
}

} // namespace loader
