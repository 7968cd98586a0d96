// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "errors.h"
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

// libbpf's own name for this is rewritten at build time; see build.mjs
extern "C" {
FILE *ebpf_loader_stderr = stderr;
}

namespace loader {

static constexpr size_t kMaxMessages = 64 * 1024;
static thread_local std::string messages;

static int remember(enum libbpf_print_level level, const char *format, va_list args) {
  if (level > LIBBPF_WARN || messages.size() > kMaxMessages) return 0;
  char line[4096];
  int length = vsnprintf(line, sizeof(line), format, args);
  if (length > 0) messages.append(line, std::min<size_t>(length, sizeof(line) - 1));
  return length;
}

void install_print() { libbpf_set_print(remember); }

std::string take_messages() {
  std::string out;
  out.swap(messages);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string errno_name(int code) {
  switch (code) {
#define NAME(value) \
  case value:       \
    return #value
    NAME(EPERM); NAME(ENOENT); NAME(ESRCH); NAME(EINTR); NAME(EIO); NAME(ENXIO); NAME(E2BIG); NAME(EBADF);
    NAME(EAGAIN); NAME(ENOMEM); NAME(EACCES); NAME(EFAULT); NAME(EBUSY); NAME(EEXIST); NAME(ENODEV);
    NAME(EINVAL); NAME(ENFILE); NAME(EMFILE); NAME(EFBIG); NAME(ENOSPC); NAME(ERANGE); NAME(ENOSYS);
    NAME(EOPNOTSUPP); NAME(ETIMEDOUT); NAME(EPROTO); NAME(ENODATA);
#undef NAME
  default:
    return code == 524 ? "ENOTSUPP" : "E" + std::to_string(code);
  }
}

} // namespace loader
