# The image of Headgate. The base comes by argument, so that a release names its digest:
#   docker build --build-arg NODE_IMAGE=docker.io/library/node:26-slim@sha256:… --build-arg REVISION=$(git rev-parse HEAD) .
ARG NODE_IMAGE=docker.io/library/node:26-slim

# Everything as JavaScript in a few files, and the list of what is in them.
FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
COPY image image
RUN node image/bundle.ts

# The base without its package managers, and a Node that may bind port 80 without being root.
FROM ${NODE_IMAGE} AS root
RUN command -v setcap > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends libcap2-bin)
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn* /usr/local/include /var/lib/apt/lists/* /var/cache/apt/* /root/.npm
COPY --from=build /build/dist /app/dist
COPY package.json /app/package.json
COPY bin /app/bin
COPY LICENSE /usr/share/doc/headgate/LICENSE
RUN mv /app/dist/sbom.cdx.json /app/dist/LICENSES.txt /usr/share/doc/headgate/
COPY image/wait-shutdown /wait-shutdown
RUN chmod 0755 /wait-shutdown /app/bin/headgate.cjs && ln -s /app/bin/headgate.cjs /usr/local/bin/headgate
# What V8 made of the program, so that no start compiles it anew: for this Node and this user; without it a start is slower.
RUN mkdir /app/compiled && chown 65532:65532 /app/compiled
USER 65532:65532
RUN NODE_COMPILE_CACHE=/app/compiled node --input-type=module --eval \
      'import { globSync } from "node:fs"; for (const file of globSync("/app/dist/*.js", { exclude: (name) => name === "main.js" })) await import(file); await import("/app/dist/main.js");' version
USER 0:0
RUN chown -R 0:0 /app/compiled
RUN setcap cap_net_bind_service=+ep /usr/local/bin/node

# One layer: the Node with the capability is not there twice.
FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Headgate" \
      org.opencontainers.image.description="Ingress controller and reverse proxy for Kubernetes, the drop-in successor of ingress-nginx" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=root / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Threads share two arenas of malloc: one each costs megabytes that lie idle. See docs/decisions/0061-memory.md.
ENV MALLOC_ARENA_MAX=2
ENV NODE_COMPILE_CACHE=/app/compiled
WORKDIR /app
# Numeric, so that the kubelet can tell that it is not root.
USER 65532:65532
EXPOSE 80 443 8443 10254
STOPSIGNAL SIGTERM
# SIGUSR1 would open an inspector. The young generation of the control plane is as large as a worker's; V8 would let it grow to four
# times of that. See docs/performance.md.
ENTRYPOINT ["/usr/local/bin/node", "--disable-sigusr1", "--max-semi-space-size=8", "/app/dist/main.js"]
CMD ["controller"]
