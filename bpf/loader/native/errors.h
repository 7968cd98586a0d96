// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#pragma once
#include <napi.h>
#include <cstring>
#include <string>

namespace loader {

// What libbpf printed on this thread since the last call; libbpf's own stderr output is replaced by this.
std::string take_messages();
void install_print();

// Symbolic name of an errno; falls back to the number.
std::string errno_name(int code);

// { errno, code, message } for a refusal; JavaScript turns it into a value or an exception.
inline Napi::Object failure(Napi::Env env, int code, const std::string &what) {
  Napi::Object out = Napi::Object::New(env);
  std::string printed = take_messages();
  std::string text = what + ": " + strerror(code);
  if (!printed.empty()) text += "\n" + printed;
  out.Set("errno", code);
  out.Set("code", errno_name(code));
  out.Set("message", text);
  return out;
}

[[noreturn]] inline void raise(Napi::Env env, int code, const std::string &what) {
  Napi::Object facts = failure(env, code, what);
  Napi::Error error = Napi::Error::New(env, facts.Get("message").As<Napi::String>().Utf8Value());
  error.Set("errno", facts.Get("errno"));
  error.Set("code", facts.Get("code"));
  throw error;
}

} // namespace loader
