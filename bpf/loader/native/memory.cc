// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#include "memory.h"
#include <cstdio>
#include <cstring>
#include <malloc.h>
#include <sys/mman.h>
#include <vector>

namespace {

struct Mapping {
  unsigned long from = 0, to = 0, resident_kb = 0, own_kb = 0;
  bool of_file = false;
};

// Private, not writable, of a file, and no page of it was ever changed (relocated data has pages of its own): the
// kernel reads such pages again from its cache when they are touched. proc_pid_smaps(5), madvise(2).
bool can_be_read_again(const Mapping &mapping) { return mapping.of_file && mapping.own_kb == 0 && mapping.resident_kb > 64; }

std::vector<Mapping> mappings(FILE *smaps) {
  std::vector<Mapping> all;
  char line[4096], permissions[8], path[8];
  unsigned long from, to, value;
  while (fgets(line, sizeof(line), smaps)) {
    const int fields = sscanf(line, "%lx-%lx %7s %*s %*s %*s %7s", &from, &to, permissions, path);
    if (fields >= 3) {
      Mapping mapping;
      mapping.from = from;
      mapping.to = to;
      mapping.of_file = fields == 4 && path[0] == '/' && permissions[1] == '-' && permissions[3] == 'p';
      all.push_back(mapping);
    } else if (all.empty()) {
      continue;
    } else if (sscanf(line, "Rss: %lu", &value) == 1) {
      all.back().resident_kb = value;
    } else if (sscanf(line, "Anonymous: %lu", &value) == 1 || sscanf(line, "Private_Dirty: %lu", &value) == 1 ||
               sscanf(line, "Locked: %lu", &value) == 1) {
      all.back().own_kb += value;
    }
  }
  return all;
}

} // namespace

namespace loader {

Napi::Value release_file_pages(const Napi::CallbackInfo &info) {
  malloc_trim(0);
  FILE *smaps = fopen("/proc/self/smaps", "re");
  if (!smaps) return Napi::Number::New(info.Env(), -1);
  const std::vector<Mapping> all = mappings(smaps);
  fclose(smaps);
  unsigned long released = 0;
  for (const Mapping &mapping : all) {
    if (!can_be_read_again(mapping)) continue;
    if (madvise(reinterpret_cast<void *>(mapping.from), mapping.to - mapping.from, MADV_DONTNEED) == 0)
      released += mapping.resident_kb * 1024;
  }
  return Napi::Number::New(info.Env(), static_cast<double>(released));
}

} // namespace loader
