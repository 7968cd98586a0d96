# The collector. Build from the project's root: docker build -f build/docker/collector.Dockerfile -t gumshoe-collector .
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nodejs npm ca-certificates clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev g++ make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/gumshoe
COPY . .
# What the collector needs at run time is all that its build needs. The embedded store does not run in this image, and
# chDB would be most of it. npm ci wants every platform's optional packages in the lock file, which registries that lack
# some leave out; npm install takes the same versions without them.
RUN npm install --no-save --no-audit --no-fund --omit=dev --workspace=@gumshoe/collector --include-workspace-root \
 && rm -rf node_modules/chdb node_modules/@chdb node_modules/node/node_modules \
 && node_modules/.bin/node bpf/loader/build.mjs \
 && node_modules/.bin/node build/bpf/build.mjs
# fills the compile cache, so that a read-only root file system starts small
RUN node_modules/.bin/node collector/bin/gumshoe-collector.mjs --version

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libstdc++6 libelf1 zlib1g ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/gumshoe
COPY --from=build /opt/gumshoe/package.json ./
COPY --from=build /opt/gumshoe/node_modules ./node_modules
COPY --from=build /opt/gumshoe/shared/base ./shared/base
COPY --from=build /opt/gumshoe/shared/text ./shared/text
COPY --from=build /opt/gumshoe/shared/schema ./shared/schema
COPY --from=build /opt/gumshoe/shared/promql ./shared/promql
COPY --from=build /opt/gumshoe/bpf/loader ./bpf/loader
COPY --from=build /opt/gumshoe/bpf/out ./bpf/out
COPY --from=build /opt/gumshoe/collector ./collector
EXPOSE 10300
ENTRYPOINT ["/opt/gumshoe/node_modules/.bin/node", "/opt/gumshoe/collector/bin/gumshoe-collector.mjs"]
CMD ["--procfs", "/proc", "--cgroupfs", "/host/sys/fs/cgroup", "--host-root", "/host"]
