# The collector. Build from the project's root: docker build -f build/docker/collector.Dockerfile -t gumshoe-collector .
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nodejs npm ca-certificates clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev g++ make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/gumshoe
COPY . .
RUN npm ci --no-audit --no-fund --workspaces --include-workspace-root \
 && node_modules/.bin/node bpf/loader/build.mjs \
 && node_modules/.bin/node build/bpf/build.mjs \
 && npm prune --omit=dev --workspaces --include-workspace-root
# fills the compile cache, so that a read-only root file system starts small
RUN node_modules/.bin/node collector/bin/gumshoe-collector.mjs --version

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libstdc++6 libelf1 zlib1g ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/gumshoe/node_modules /opt/gumshoe/node_modules
COPY --from=build /opt/gumshoe/package.json /opt/gumshoe/package.json
COPY --from=build /opt/gumshoe/shared /opt/gumshoe/shared
COPY --from=build /opt/gumshoe/bpf /opt/gumshoe/bpf
COPY --from=build /opt/gumshoe/collector /opt/gumshoe/collector
WORKDIR /opt/gumshoe
EXPOSE 10300
ENTRYPOINT ["/opt/gumshoe/node_modules/.bin/node", "/opt/gumshoe/collector/bin/gumshoe-collector.mjs"]
CMD ["--procfs", "/proc", "--cgroupfs", "/host/sys/fs/cgroup", "--host-root", "/host"]
